/* SPDX-License-Identifier: BSD-2-Clause
 *
 * size -- the size of the message: msg.size.
 *
 * Known when the whole body has passed.
 */
#ifndef CHECKS_SIZE_H
#define CHECKS_SIZE_H

#include "engine/check.h"

extern const struct check size_check;

#endif
