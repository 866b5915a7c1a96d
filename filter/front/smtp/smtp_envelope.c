/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_envelope.h"

#include "front/smtp/smtp_ask.h"
#include "front/smtp/smtp_note.h"
#include "front/smtp/smtp_tell.h"
#include "mail/relay_target.h"

/* ---- the end ---- */

static void
forget(struct smtp_session *s)
{
	smtp_step *after = s->after;

	arena_free(s->transaction);
	s->transaction = NULL;
	s->in = NULL;
	s->mail = NULL;
	s->first_rcpt = (struct view){NULL, 0};
	s->seen.bare_newline = false;
	s->recipients = s->refused_recipients = 0;
	s->code = 0;
	if (s->stage != SMTP_STAGE_START)
		s->stage = SMTP_STAGE_HELO;
	s->after = NULL;
	if (after)
		after(s);
}

static void
end_judging(struct smtp_session *s)
{
	if (!s->judging) {
		forget(s);
		return;
	}
	s->judging = false;
	smtp_ask_event(s, SMTP_EVENT_OVER)->code = s->code;
	smtp_ask_judge(s, forget);
}

void
smtp_envelope_drop(struct smtp_session *s, int code, smtp_step *after)
{
	s->after = after;
	s->code = code;
	if (!s->asked) {
		end_judging(s);
		return;
	}
	s->asked = false;
	smtp_ask_order(s, RELAY_RESET);
	smtp_ask_relay(s, end_judging);
}

static void
tell_ok(struct smtp_session *s)
{
	smtp_tell(s, 250, "2.0.0", "ok");
}

void
smtp_envelope_rset(struct smtp_session *s)
{
	smtp_envelope_drop(s, 0, tell_ok);
}

/* Ours, of what the engine has not been asked. */
static void
refuse(struct smtp_session *s, struct view rcpt, int code, const char *enhanced, const char *text)
{
	struct smtp_reply r = {code, view_str(enhanced), view_str(text)};

	smtp_note_refused(s, rcpt, &r);
	smtp_tell_reply(s, &r);
}

/* ---- MAIL ---- */

static bool
is_offered(struct smtp_session *s)
{
	if ((s->c->needs & ~s->offered) == 0)
		return true;
	smtp_tell(s, 555, "5.5.4", "a parameter of an extension that is not offered");
	return false;
}

bool
smtp_envelope_may_mail(struct smtp_session *s)
{
	if (s->o->submission && !s->client.login.p)
		smtp_tell(s, 530, "5.7.0",
			s->client.tls ? "AUTH has to come first" : "STARTTLS has to come first");
	else if (s->messages >= s->o->messages_max)
		smtp_tell_bye(s, 421, "4.7.0", "too many messages in one session, go on in another");
	else
		return true;
	return false;
}

static void
drop_refused(struct smtp_session *s)
{
	smtp_envelope_drop(s, 0, NULL);
}

static void
mail_judged(struct smtp_session *s)
{
	if (smtp_ask_refused(s)) {
		s->next = drop_refused;
		return;
	}
	s->mail_refused = false;
	s->stage = SMTP_STAGE_MAIL;
	smtp_tell(s, 250, "2.1.0", "ok");
}

void
smtp_envelope_mail(struct smtp_session *s)
{
	struct session_mail *m;

	if (!is_offered(s))
		return;
	if (s->c->size > s->size_max) {
		refuse(s, (struct view){NULL, 0}, 552, "5.3.4", "the message is larger than we take");
		return;
	}
	s->transaction = s->a; /* where the command lives */
	s->a = arena_new();
	s->mail = s->c;
	s->utf8 = s->c->utf8;
	m = arena_new_of(s->transaction, struct session_mail);
	*m = (struct session_mail){.from = s->mail->mailbox, .size = s->c->size,
		.auth_user = s->client.login, .tls_version = s->client.tls_version,
		.tls_cipher = s->client.tls_cipher, .tls_cert = s->client.tls_cert};
	s->messages++; /* RFC 9422 section 4.1: MAIL counts, whatever comes of it */
	s->judging = true;
	smtp_ask_event(s, SMTP_EVENT_MAIL)->mail = m;
	smtp_ask_judge(s, mail_judged);
}

/* ---- RCPT ---- */

bool
smtp_envelope_may_rcpt(struct smtp_session *s)
{
	if (s->recipients < s->o->recipients_max && s->refused_recipients < s->o->recipients_max)
		return true;
	smtp_tell(s, 452, "4.5.3", "too many recipients");
	return false;
}

static bool
may_relay(struct smtp_session *s)
{
	struct relay_target t;

	if (s->client.login.p || s->h->listed(s->h->ctx, SMTP_LIST_OWN_NETS, &s->client.ip))
		return true;
	relay_target_find(&s->c->address, s->a, &t);
	for (size_t i = 0; i < t.n; i++)
		if (!s->h->own_domain(s->h->ctx, t.domain[i]))
			return false;
	return !t.unclear;
}

static void
tell_answer(struct smtp_session *s)
{
	s->stale |= s->answer.over;
	smtp_tell_reply(s, &s->answer.reply);
}

static void
rcpt_answered(struct smtp_session *s)
{
	const struct relay_answer *a = &s->answer;
	struct smtp_event *e = smtp_ask_event(s, SMTP_EVENT_ANSWERED);

	e->rcpt = s->c->mailbox;
	e->taken = a->reply.code / 100 == 2;
	if (a->source == RELAY_BY_BACKEND && a->reply.code / 100 != 4)
		e->valid = e->taken ? SMTP_VALID_YES : SMTP_VALID_NO;
	if (e->taken) {
		if (s->recipients++ == 0)
			s->first_rcpt = arena_copy(s->transaction, e->rcpt);
		s->stage = SMTP_STAGE_RCPT;
	} else {
		s->refused_recipients++;
		smtp_note_recipient(s, e->rcpt, a);
	}
	smtp_ask_judge(s, tell_answer);
}

static void
rcpt_judged(struct smtp_session *s)
{
	struct relay_order *o;

	if (smtp_ask_refused(s)) {
		s->refused_recipients++;
		return;
	}
	s->asked = true;
	o = smtp_ask_order(s, RELAY_RCPT);
	o->mail = s->mail;
	o->rcpt = s->c;
	smtp_ask_relay(s, rcpt_answered);
}

void
smtp_envelope_rcpt(struct smtp_session *s)
{
	if (!is_offered(s)) {
		return;
	} else if (!may_relay(s)) {
		s->refused_recipients++;
		refuse(s, s->c->mailbox, 554, "5.7.1", "we do not relay to this recipient");
		return;
	}
	smtp_ask_event(s, SMTP_EVENT_RCPT)->rcpt = s->c->mailbox;
	smtp_ask_judge(s, rcpt_judged);
}
