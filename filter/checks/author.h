/* SPDX-License-Identifier: BSD-2-Clause
 *
 * author -- what the From field claims: from.address, from.domain, from.name.
 */
#ifndef CHECKS_AUTHOR_H
#define CHECKS_AUTHOR_H

#include "engine/check.h"

extern const struct check author_check;

#endif
