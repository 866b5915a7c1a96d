/* SPDX-License-Identifier: BSD-2-Clause
 *
 * author -- who the message says it is from and where answers go: from.*, reply-to.*, and whether they
 * and the envelope sender are of one organisation.
 */
#ifndef CHECKS_AUTHOR_H
#define CHECKS_AUTHOR_H

#include "engine/check.h"

extern const struct check author_check;

#endif
