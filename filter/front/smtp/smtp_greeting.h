/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_greeting -- what comes before the first command: PROXY header, TLS of port 465, teaser, greeting; and
 * XCLIENT, which leads back to it. Inner to front/smtp/smtp_session.
 *
 * With a time to wait, the greeting has two lines: who answers the first, or speaks before it, did not wait
 * for the second. What was sent too early is not used, and is answered by one 503.
 */
#ifndef FRONT_SMTP_GREETING_H
#define FRONT_SMTP_GREETING_H

#include "front/smtp/smtp_state.h"

void smtp_greeting_start(struct smtp_session *s);
/* Bytes in SMTP_PHASE_PROXY; false: more are needed. */
bool smtp_greeting_proxy(struct smtp_session *s, struct view *input);
/* Bytes before the first command: a header of a peer that is not listed ends the session. */
bool smtp_greeting_stray(struct smtp_session *s, struct view *input);
/* Bytes in SMTP_PHASE_GREETING. */
void smtp_greeting_early(struct smtp_session *s, struct view *input);

bool smtp_greeting_may_xclient(struct smtp_session *s);
void smtp_greeting_xclient(struct smtp_session *s);

#endif
