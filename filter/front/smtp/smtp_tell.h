/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_tell -- the replies of a session, each command's one; inner to front/smtp/smtp_session.
 *
 * A reply of 5xx is an error: from the half of errors_max on it is held back a while, the last is 421 4.7.0
 * and the end. A held reply makes the session wait; it then goes on with s->next.
 */
#ifndef FRONT_SMTP_TELL_H
#define FRONT_SMTP_TELL_H

#include "front/smtp/smtp_state.h"

/* Code 0 of enhanced: none ("" in the reply). Texts are ours: constant, printable. */
void smtp_tell(struct smtp_session *s, int code, const char *enhanced, const char *text);
/* As it is, but for 421, which only smtp_tell_bye may say: 451. */
void smtp_tell_reply(struct smtp_session *s, const struct smtp_reply *r);
/* Bytes with their line ends. */
void smtp_tell_raw(struct smtp_session *s, struct view bytes);
/* Says it and closes; nothing follows. */
void smtp_tell_bye(struct smtp_session *s, int code, const char *enhanced, const char *text);
void smtp_tell_last(struct smtp_session *s, const struct smtp_reply *r);
/* What was held back goes out. */
void smtp_tell_held(struct smtp_session *s);

#endif
