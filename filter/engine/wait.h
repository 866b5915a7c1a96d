/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wait -- greylisting: an action, which asks the store only when a rule or threshold wants it.
 *
 * Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_WAIT_H
#define ENGINE_WAIT_H

#include "engine/session.h"
#include "policy/rule.h"

/* The terms that apply now: of the settings, or of the rule that is deciding. The wait is never longer than
 * the cap, and the window longer than the wait: else no retry could pass. */
struct greylist_terms wait_terms(const struct session *s);
/* Seconds that the session's current recipient must still wait for; 0 = the message may pass. f: the rule's
 * effect; NULL = a threshold. *open_out: the DNS is still to tell who the client is; the decision is to wait
 * for that, once for a transaction, and to be made again. */
int64_t wait_left(struct session *s, const struct effect *f, bool *open_out);
/* The same in words, for the reply: why, and how long. Lives in the message. */
struct view wait_text(struct session *s, int64_t left);

#endif
