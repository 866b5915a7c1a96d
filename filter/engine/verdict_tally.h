/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verdict_tally -- counts a decision, for engine_count and for the meter that all processes share.
 */
#ifndef ENGINE_VERDICT_TALLY_H
#define ENGINE_VERDICT_TALLY_H

#include "engine/judgement.h"

void verdict_tally(struct session *s, const struct judgement *j);

#endif
