/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_hello.h"

#include "front/smtp/smtp_ask.h"
#include "front/smtp/smtp_envelope.h"
#include "front/smtp/smtp_kept.h"
#include "front/smtp/smtp_note.h"
#include "front/smtp/smtp_tell.h"
#include "mail/smtp/xclient.h"

enum { EHLO_ANSWER_MAX = 4096 };

static const unsigned relayed = EHLO_PIPELINING | EHLO_8BITMIME | EHLO_SMTPUTF8 | EHLO_DSN |
				EHLO_ENHANCEDSTATUSCODES | EHLO_CHUNKING | EHLO_ETRN | EHLO_AUTH;
static const unsigned announced_xclient = 1U << XCLIENT_NAME | 1U << XCLIENT_ADDR | 1U << XCLIENT_PORT |
					  1U << XCLIENT_PROTO | 1U << XCLIENT_HELO | 1U << XCLIENT_LOGIN |
					  1U << XCLIENT_DESTADDR | 1U << XCLIENT_DESTPORT;

/* What is offered to this client now; false: no backend is known to be well. */
static bool
offer(struct smtp_session *s, struct ehlo *out)
{
	const struct smtp_options *o = s->o;
	struct ehlo theirs, ours = {.has = relayed | EHLO_SIZE | EHLO_LIMITS, .size = o->message_max,
		.mechs = SASL_ALL, .mail_max = (uint32_t)o->messages_max,
		.rcpt_max = (uint32_t)o->recipients_max};

	if (!s->h->capabilities(s->h->ctx, &theirs))
		return false;
	theirs.has |= EHLO_SIZE;
	*out = ehlo_both(&theirs, &ours);
	if (!s->client.tls || !(o->auth || o->submission) || s->client.login.p)
		out->has &= ~(unsigned)EHLO_AUTH;
	if (o->starttls && !s->client.tls)
		out->has |= EHLO_STARTTLS;
	if (s->xclient_allowed) {
		out->has |= EHLO_XCLIENT;
		out->xclient = announced_xclient;
	}
	return true;
}

static void
welcome(struct smtp_session *s)
{
	struct ehlo e;
	struct buf b;

	if (smtp_ask_refused(s))
		return;
	if (!offer(s, &e)) {
		smtp_tell_bye(s, 421, "4.3.2", "no mail server can be reached at the moment");
		return;
	}
	s->stage = SMTP_STAGE_HELO;
	s->offered = 0;
	s->size_max = e.size ? e.size : UINT64_MAX;
	if (s->c->verb == VERB_HELO) {
		struct smtp_reply r = {250, {NULL, 0}, s->o->hostname};

		smtp_tell_reply(s, &r);
		return;
	}
	s->offered = e.has;
	s->mechs = e.mechs;
	if (s->o->submission && s->client.tls && !s->mechs)
		smtp_note_no_login();
	buf_init(&b, EHLO_ANSWER_MAX);
	ehlo_write(&e, s->o->hostname, &b);
	smtp_tell_raw(s, buf_view(&b));
	buf_done(&b);
}

static void
judge_name(struct smtp_session *s)
{
	s->stage = SMTP_STAGE_START;
	smtp_kept_set(&s->client.helo, s->told_helo.p ? s->told_helo : s->c->text);
	if (!s->told_proto)
		s->client.esmtp = s->c->verb == VERB_EHLO;
	smtp_ask_event(s, SMTP_EVENT_HELO);
	smtp_ask_judge(s, welcome);
}

void
smtp_hello(struct smtp_session *s)
{
	smtp_envelope_drop(s, 0, judge_name);
}

bool
smtp_hello_may_secure(struct smtp_session *s)
{
	if (s->client.tls)
		smtp_tell(s, 503, "5.5.1", "TLS is in use already");
	else if (!s->o->starttls)
		smtp_tell(s, 502, "5.5.1", "TLS is not available");
	else if (s->unread) /* RFC 3207 section 6: nobody may put commands before the handshake */
		smtp_tell_bye(s, 554, "5.5.1", "nothing may follow STARTTLS before its reply");
	else if (!s->h->can_secure(s->h->ctx))
		smtp_tell(s, 454, "4.7.0", "TLS is not available at the moment");
	else
		return true;
	return false;
}

/* RFC 3207 4.2: what the client said before the handshake is forgotten. */
static void
begin_anew(struct smtp_session *s)
{
	s->stage = SMTP_STAGE_START;
	s->offered = 0;
	smtp_kept_set(&s->client.helo, (struct view){NULL, 0});
}

static void
shake_hands(struct smtp_session *s)
{
	smtp_ask_tls(s, false, begin_anew);
}

void
smtp_hello_secure(struct smtp_session *s)
{
	smtp_tell(s, 220, "2.0.0", "go ahead with TLS");
	s->next = shake_hands;
}
