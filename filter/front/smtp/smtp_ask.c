/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_ask.h"

#include "front/smtp/smtp_tell.h"

static bool
begin(struct smtp_session *s, enum smtp_wait wait, smtp_step *next)
{
	if (s->phase == SMTP_PHASE_CLOSED)
		return false;
	s->wait = wait;
	s->next = next;
	return true;
}

void
smtp_ask_tls(struct smtp_session *s, bool implicit, smtp_step *next)
{
	if (begin(s, SMTP_WAIT_TLS, next))
		s->h->start_tls(s->h->ctx, implicit, s->unread);
}

struct smtp_event *
smtp_ask_event(struct smtp_session *s, enum smtp_event_kind kind)
{
	s->told = s->seen; /* who talks early goes on while another thread reads it */
	s->event = (struct smtp_event){.kind = kind, .client = &s->client, .seen = &s->told};
	return &s->event;
}

void
smtp_ask_judge(struct smtp_session *s, smtp_step *next)
{
	if (begin(s, SMTP_WAIT_JUDGE, next))
		s->h->judge(s->h->ctx, &s->event);
}

void
smtp_ask_absorb(struct smtp_session *s, struct view bytes, bool last, smtp_step *next)
{
	const struct smtp_event *end = last ? smtp_ask_event(s, SMTP_EVENT_END) : NULL;

	if (begin(s, SMTP_WAIT_ABSORB, next))
		s->h->absorb(s->h->ctx, bytes, end);
}

struct relay_order *
smtp_ask_order(struct smtp_session *s, enum relay_verb verb)
{
	s->order = (struct relay_order){.verb = verb};
	return &s->order;
}

void
smtp_ask_relay(struct smtp_session *s, smtp_step *next)
{
	if (begin(s, SMTP_WAIT_RELAY, next))
		s->h->relay(s->h->ctx, &s->order);
}

void
smtp_ask_time(struct smtp_session *s, int64_t ms, smtp_step *next)
{
	if (begin(s, SMTP_WAIT_TIME, next))
		s->wait_until = s->h->now(s->h->ctx) + ms;
}

bool
smtp_ask_refused(struct smtp_session *s)
{
	const struct verdict *v = s->judged.verdict;

	s->delay_ms = s->judged.tarpit_ms;
	if (!v || (v->kind != VERDICT_REJECT && v->kind != VERDICT_DEFER && v->kind != VERDICT_GREYLIST))
		return false;
	smtp_tell_reply(s, &v->reply);
	return true;
}
