/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reputation -- what is remembered of the names that a message came under (engine/standing.h).
 *
 * Of whom too little is known the facts are unknown ("few observations"): neither a test nor its opposite
 * then says anything of a newcomer. It is no outage, and is not counted or logged as one (fact_value.few).
 */
#ifndef CHECKS_REPUTATION_H
#define CHECKS_REPUTATION_H

#include "engine/check.h"

extern const struct check reputation_check;

#endif
