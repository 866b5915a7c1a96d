/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fields -- single header fields as text: header("X"), subject, msgid and their like.
 */
#ifndef CHECKS_FIELDS_H
#define CHECKS_FIELDS_H

#include "engine/check.h"

extern const struct check fields_check;

#endif
