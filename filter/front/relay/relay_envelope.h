/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_envelope -- the envelope of smtp_relay's transaction: kept, and told to a connection as
 * often as needed.
 *
 * Told are RSET (where an earlier transaction may be open), XFORWARD, MAIL and the recipients; with
 * PIPELINING (RFC 2920) several at once. A new recipient that is refused is forgotten; one that had
 * been accepted and is refused now makes the transaction `failed`.
 */
#ifndef FRONT_RELAY_ENVELOPE_H
#define FRONT_RELAY_ENVELOPE_H

#include "front/relay/relay_state.h"

void relay_envelope_init(struct relay_envelope *e);
/* The transaction is over, or never began: no memory is kept. */
void relay_envelope_close(struct relay_envelope *e);

/* One more, which `among` serve; the first brings the sender. True: the next RELAY_DONE answers it.
 * False: it cannot even be asked. The answer is in r->result. */
bool relay_envelope_add(struct smtp_relay *r, const struct smtp_command *mail,
	const struct smtp_command *rcpt, uint32_t among);
/* It will not be asked. */
void relay_envelope_forget_new(struct smtp_relay *r);
/* What edits drop: the rest is told anew. */
void relay_envelope_drop(struct smtp_relay *r, const struct edits *e);
/* Goes to this address only, by a backend of its domain if there is one. */
void relay_envelope_redirect(struct smtp_relay *r, struct view address);
/* Backends that may be told the envelope, the new recipient included. */
uint32_t relay_envelope_among(const struct smtp_relay *r);

/* Tells what this connection was not told yet; DONE once all is answered. */
enum relay_step relay_envelope_go(struct smtp_relay *r);
enum relay_step relay_envelope_reply(struct smtp_relay *r, const struct smtp_answer *a);

#endif
