/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verdict_log -- the log line of a decision. Inner to the engine.
 *
 * Written from the same judgement as the evidence: what it prints adds up to the score it prints.
 */
#ifndef ENGINE_VERDICT_LOG_H
#define ENGINE_VERDICT_LOG_H

#include "engine/judgement.h"

void verdict_log(struct session *s, const struct judgement *j);

#endif
