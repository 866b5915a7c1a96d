/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judge -- the rules weighed for one recipient at one moment: scores, effects, thresholds, policies.
 *
 * The one place where postern-rules(7), EVALUATION, is carried out. Inner to the engine, like
 * engine/state.h.
 */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "engine/judgement.h"

/* Weighs the rules for the session's current recipient. final: at the end of the message; before, only
 * effects that are due count. Lives in the message arena. */
const struct judgement *judge(struct session *s, bool final);
/* Does the rule apply to mail of the session's direction? */
bool judge_in_scope(const struct session *s, const struct rule *r);

#endif
