/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_auth.h"

#include "front/smtp/smtp_ask.h"
#include "front/smtp/smtp_kept.h"
#include "front/smtp/smtp_note.h"
#include "front/smtp/smtp_tell.h"
#include "util/limits.h"

bool
smtp_auth_may_begin(struct smtp_session *s)
{
	if (s->client.login.p)
		smtp_tell(s, 503, "5.5.1", "authenticated already");
	else if (!s->client.tls && (s->o->auth || s->o->submission))
		smtp_tell(s, 538, "5.7.11", "AUTH is for encrypted connections");
	else if (!(s->offered & EHLO_AUTH))
		smtp_tell(s, 502, "5.5.1", "AUTH is not offered");
	else
		return true;
	return false;
}

/* ---- the backend's words ---- */

static void
succeed(struct smtp_session *s)
{
	struct view name = sasl_name_get(s->login);

	smtp_note_login(s, &s->answer.reply);
	smtp_kept_set(&s->client.login, name.p ? name : VIEW(""));
	smtp_tell_reply(s, &s->answer.reply);
}

static void
leave(struct smtp_session *s)
{
	smtp_tell_bye(s, 421, "4.7.0", "too many failed logins");
}

static void
fail(struct smtp_session *s)
{
	if (s->answer.reply.code >= 500) {
		smtp_note_login(s, &s->answer.reply);
		s->seen.auth_failures++;
		s->delay_ms = s->seen.auth_failures * s->o->error_delay_ms;
		s->next = s->seen.auth_failures >= SMTP_AUTH_FAILURES ? leave : NULL;
	}
	smtp_tell_reply(s, &s->answer.reply);
}

static void
wipe(struct view line)
{
	if (line.n)
		explicit_bzero((char *)(uintptr_t)line.p, line.n);
}

static void
answered(struct smtp_session *s)
{
	const struct smtp_reply *r = &s->answer.reply;

	wipe(s->order.line);
	s->stale |= s->answer.over;
	s->phase = r->code == 334 ? SMTP_PHASE_AUTH : SMTP_PHASE_COMMAND;
	if (r->code == 334)
		smtp_tell_reply(s, r);
	else if (r->code == 235)
		succeed(s);
	else
		fail(s);
}

/* ---- the client's ---- */

static void
pass_on(struct smtp_session *s, enum relay_verb verb, struct view line)
{
	smtp_ask_order(s, verb)->line = line;
	smtp_ask_relay(s, answered);
}

static void
cancelled(struct smtp_session *s)
{
	s->stale |= s->answer.over;
	s->phase = SMTP_PHASE_COMMAND;
	smtp_tell_reply(s, &s->in_place);
}

/* The backend is told that the exchange is over; the client hears why. */
static void
cancel(struct smtp_session *s, int code, const char *enhanced, const char *text)
{
	s->in_place = (struct smtp_reply){code, view_str(enhanced), view_str(text)};
	smtp_ask_order(s, RELAY_LINE)->line = VIEW("*");
	smtp_ask_relay(s, cancelled);
}

void
smtp_auth_line(struct smtp_session *s, enum smtp_line_status status, struct view line)
{
	if (status == SMTP_LINE_LONG) {
		cancel(s, 500, "5.5.6", "the line is too long");
	} else if (status != SMTP_LINE_OK || s->login->lines >= SMTP_AUTH_LINES ||
		sasl_name_answer(s->login, line) == SASL_LINE_BAD) {
		cancel(s, 501, "5.5.2", "not an answer of this exchange");
	} else {
		pass_on(s, RELAY_LINE, arena_copy(s->a, line));
	}
}

void
smtp_auth_begin(struct smtp_session *s)
{
	const struct smtp_command *c = s->c;
	const char *name;

	if (c->mech == SASL_NONE || !(s->mechs & c->mech)) {
		smtp_tell(s, 504, "5.5.4", "this mechanism is not offered");
		return;
	}
	s->login = arena_new_of(s->a, struct sasl_name);
	sasl_name_init(s->login, c->mech);
	if (c->initial.p && sasl_name_initial(s->login, c->initial) != SASL_LINE_OK) {
		smtp_tell(s, 501, "5.5.2", "the initial response is not base64");
		return;
	}
	name = sasl_name_mech_name(c->mech);
	pass_on(s, RELAY_AUTH,
		c->initial.p ? arena_printf(s->a, "AUTH %s %.*s", name, VIEW_ARG(c->initial))
			     : arena_printf(s->a, "AUTH %s", name));
	wipe(c->initial);
}

/* ---- ETRN ---- */

bool
smtp_auth_may_etrn(struct smtp_session *s)
{
	if (s->offered & EHLO_ETRN)
		return true;
	smtp_tell(s, 502, "5.5.1", "ETRN is not offered");
	return false;
}

static void
etrn_answered(struct smtp_session *s)
{
	s->stale |= s->answer.over;
	smtp_tell_reply(s, &s->answer.reply);
}

void
smtp_auth_etrn(struct smtp_session *s)
{
	smtp_ask_order(s, RELAY_ETRN)->line = s->c->text;
	smtp_ask_relay(s, etrn_answered);
}
