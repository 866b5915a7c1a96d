/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_note -- what a session refuses by itself, and who logs in, in the log; inner to smtp_session.
 *
 * Verdicts are in the engine's record. What is here has none: recipients that we do not relay to, or that the
 * backend refuses, messages that are too large, sessions that we end or that break off, peers without their
 * PROXY header, and logins, good and bad.
 */
#ifndef FRONT_SMTP_NOTE_H
#define FRONT_SMTP_NOTE_H

#include "front/smtp/smtp_state.h"

/* event=refused. Rcpt: absent where it is not about one. */
void smtp_note_refused(const struct smtp_session *s, struct view rcpt, const struct smtp_reply *r);
/* event=recipient-refused: by the backend, or the relay in its place. */
void smtp_note_recipient(const struct smtp_session *s, struct view rcpt, const struct relay_answer *a);
/* event=client-lost: it went within a message, or in a handshake. */
void smtp_note_lost(const struct smtp_session *s, struct view why);
/* event=login or login-failed, by the reply: 235 or not. */
void smtp_note_login(const struct smtp_session *s, const struct smtp_reply *r);
/* event=no-login, at most once a minute: a listener for users has nothing to offer them. */
void smtp_note_no_login(void);
/* event=proxy-header, at most once a minute. */
void smtp_note_header(const struct smtp_session *s, const char *why);

#endif
