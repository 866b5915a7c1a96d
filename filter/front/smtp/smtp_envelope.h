/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_envelope -- MAIL, RCPT and RSET, the open-relay guard, and the end of a transaction; inner to
 * front/smtp/smtp_session.
 *
 * A recipient is asked in this order: syntax, guard, engine, backend. The guard lets a stranger name only
 * recipients all of whose domains, hidden ones too (mail/relay_target.h), are the site's own.
 */
#ifndef FRONT_SMTP_ENVELOPE_H
#define FRONT_SMTP_ENVELOPE_H

#include "front/smtp/smtp_state.h"

bool smtp_envelope_may_mail(struct smtp_session *s);
void smtp_envelope_mail(struct smtp_session *s);
bool smtp_envelope_may_rcpt(struct smtp_session *s);
void smtp_envelope_rcpt(struct smtp_session *s);
void smtp_envelope_rset(struct smtp_session *s);

/* Ends the transaction, if there is one, at relay and engine; code: of the answer to the message, 0 = it
 * had none. Goes on with `after`; NULL: the next command. Not behind a reply in the same step. */
void smtp_envelope_drop(struct smtp_session *s, int code, smtp_step *after);

#endif
