/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fate -- judges the message for each recipient, and says what becomes of it as a whole.
 *
 * Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_FATE_H
#define ENGINE_FATE_H

#include "engine/judge.h"

struct judgement fate(struct session *s);
/* For effects `at` a stage between RCPT and the end: the mildest judgement of the recipients that are not
 * discarded; NULL if there is none. Lives in the message arena. */
const struct judgement *fate_early(struct session *s);
bool fate_refuses(enum verdict_kind k); /* the client hears 4xx or 5xx */

#endif
