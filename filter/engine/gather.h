/* SPDX-License-Identifier: BSD-2-Clause
 *
 * gather -- runs the checks whose facts are wanted, and waits for what they asked.
 *
 * Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_GATHER_H
#define ENGINE_GATHER_H

#include "engine/session.h"
#include "policy/program.h"

/* gather_start never waits; gather_wait waits until the wanted facts known
 * by this stage (early_only: those that RCPT needs) are settled or the time is over, then makes the
 * rest unknown. False, instead of waiting, if the session must not block. */
void gather_start(struct session *s);
bool gather_wait(struct session *s, bool early_only, int64_t deadline_ms);
/* Whether gather_start would run none but light checks, at this stage. */
bool gather_is_light(struct session *s, enum stage stage);
/* Is the slot wanted for mail of this direction? Before that is known, mail counts as inbound. */
bool gather_needs(const struct session *s, size_t slot);
/* Computes one slot now, though nobody wanted it before. */
const struct fact_value *gather_one(struct session *s, size_t slot, int64_t deadline_ms);
int64_t gather_deadline(const struct session *s); /* of the stage that begins now */

#endif
