/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evidence -- what follows from a decision for those who ask later: a JSON object for the file, the tools and
 * the history; the log line; and what is counted and learned. Inner to the engine.
 */
#ifndef ENGINE_EVIDENCE_H
#define ENGINE_EVIDENCE_H

#include "engine/judgement.h"

void evidence_emit(struct session *s, const struct judgement *j);

/* Was a fact asked for that should have been known? */
bool evidence_is_unknown(struct session *s, size_t slot);
/* A fact as rules name it. May live in the message's arena. */
struct view evidence_slot_name(struct session *s, size_t slot);

#endif
