/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reputation -- what is remembered of the names that a message came under (engine/standing.h).
 *
 * Of whom too little is known the facts are missing, not unknown: that is an answer of the store, and most
 * senders are new. Unknown means that nobody could tell.
 */
#ifndef CHECKS_REPUTATION_H
#define CHECKS_REPUTATION_H

#include "engine/check.h"

extern const struct check reputation_check;

#endif
