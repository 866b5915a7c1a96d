/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_ask -- the requests of a session to its surroundings; inner to front/smtp/smtp_session.
 *
 * Each makes the session wait, and names the step that finds the answer in s->judged, s->answer or
 * s->absorbed. After the end of the session they do nothing.
 */
#ifndef FRONT_SMTP_ASK_H
#define FRONT_SMTP_ASK_H

#include "front/smtp/smtp_state.h"

void smtp_ask_tls(struct smtp_session *s, bool implicit, smtp_step *next);
/* The rest of s->event is set by the caller, after smtp_ask_event has cleared it. */
struct smtp_event *smtp_ask_event(struct smtp_session *s, enum smtp_event_kind kind);
void smtp_ask_judge(struct smtp_session *s, smtp_step *next);
void smtp_ask_absorb(struct smtp_session *s, struct view bytes, bool last, smtp_step *next);
struct relay_order *smtp_ask_order(struct smtp_session *s, enum relay_verb verb);
void smtp_ask_relay(struct smtp_session *s, smtp_step *next);
void smtp_ask_time(struct smtp_session *s, int64_t ms, smtp_step *next);

/* The verdict of s->judged refuses: then its reply is told. */
bool smtp_ask_refused(struct smtp_session *s);

#endif
