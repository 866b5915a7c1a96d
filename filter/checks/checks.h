/* SPDX-License-Identifier: BSD-2-Clause
 *
 * checks -- the table of all checks; cmd/ hands it to the engine.
 */
#ifndef CHECKS_CHECKS_H
#define CHECKS_CHECKS_H

#include "engine/check.h"

extern const struct check *const checks_all[]; /* NULL-terminated */

#endif
