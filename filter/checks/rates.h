/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rates -- rate.NAME: what the store has counted for a `rate` statement, and what is under way.
 *
 * Only what was accepted is added, at its end (engine/counting.h), so that a retry that we deferred does not
 * feed its own limit; until then a message counts for itself alone. Connections are counted here, once each.
 */
#ifndef CHECKS_RATES_H
#define CHECKS_RATES_H

#include "engine/check.h"

extern const struct check rates_check;

#endif
