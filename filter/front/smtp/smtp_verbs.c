/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_verbs.h"

#include "front/smtp/smtp_auth.h"
#include "front/smtp/smtp_envelope.h"
#include "front/smtp/smtp_greeting.h"
#include "front/smtp/smtp_hello.h"
#include "front/smtp/smtp_message.h"
#include "front/smtp/smtp_tell.h"
#include "util/limits.h"

/* ---- those that need no part of their own ---- */

static void
noop(struct smtp_session *s)
{
	smtp_tell(s, 250, "2.0.0", "ok");
}

static void
vrfy(struct smtp_session *s)
{
	smtp_tell(s, 252, "2.0.0", "send mail, and the mail server will tell");
}

static void
expn(struct smtp_session *s)
{
	smtp_tell(s, 502, "5.5.1", "this command is not available");
}

static void
help(struct smtp_session *s)
{
	smtp_tell(s, 214, "2.0.0", "RFC 5321 tells what to say here");
}

static void
quit(struct smtp_session *s)
{
	smtp_tell_bye(s, 221, "2.0.0", "good bye");
}

/* Also those that are known, and that nobody serves. */
static void
unknown(struct smtp_session *s)
{
	struct smtp_reply r = smtp_command_refusal(s->c, SMTP_COMMAND_UNKNOWN);

	s->seen.junk += s->c->verb == VERB_UNKNOWN;
	smtp_tell_reply(s, &r);
}

static void
foreign(struct smtp_session *s)
{
	smtp_tell_bye(s, 421, "4.7.0", "this is a mail server, and that is not SMTP");
}

/* ---- the table ---- */

/* What RFC 2920 3.1 lets come only at the end of a group of commands; and what moves no mail, of which
 * there may be so many, then each counts as an error. */
enum { LAST = 1, IDLE = 2 };

static const struct {
	unsigned is;
	bool (*check)(struct smtp_session *s); /* false: it has told why not; NULL = nothing to check */
	smtp_step *proceed;
} verbs[VERBS] = {
	[VERB_UNKNOWN] = {0, NULL, unknown},
	[VERB_FOREIGN] = {0, NULL, foreign},
	[VERB_HELO] = {LAST | IDLE, NULL, smtp_hello},
	[VERB_EHLO] = {LAST | IDLE, NULL, smtp_hello},
	[VERB_MAIL] = {0, smtp_envelope_may_mail, smtp_envelope_mail},
	[VERB_RCPT] = {0, smtp_envelope_may_rcpt, smtp_envelope_rcpt},
	[VERB_DATA] = {LAST, smtp_message_may_data, smtp_message_data},
	[VERB_BDAT] = {0, NULL, smtp_message_bdat},
	[VERB_RSET] = {IDLE, NULL, smtp_envelope_rset},
	[VERB_NOOP] = {LAST | IDLE, NULL, noop},
	[VERB_VRFY] = {LAST | IDLE, NULL, vrfy},
	[VERB_EXPN] = {LAST | IDLE, NULL, expn},
	[VERB_HELP] = {IDLE, NULL, help},
	[VERB_QUIT] = {0, NULL, quit},
	[VERB_STARTTLS] = {LAST, smtp_hello_may_secure, smtp_hello_secure},
	[VERB_AUTH] = {LAST | IDLE, smtp_auth_may_begin, smtp_auth_begin},
	[VERB_ETRN] = {LAST | IDLE, smtp_auth_may_etrn, smtp_auth_etrn},
	[VERB_XCLIENT] = {LAST | IDLE, smtp_greeting_may_xclient, smtp_greeting_xclient},
	[VERB_SEND] = {0, NULL, unknown},
	[VERB_SOML] = {0, NULL, unknown},
	[VERB_SAML] = {0, NULL, unknown},
	[VERB_TURN] = {0, NULL, unknown},
};

/* 503, and what should have come instead. */
static void
disorder(struct smtp_session *s)
{
	struct smtp_reply r = {503, VIEW("5.5.1"), VIEW("a message is under way: finish it, or send RSET")};

	if (s->stage == SMTP_STAGE_START)
		r.text = VIEW("send EHLO or HELO first");
	else if (s->stage == SMTP_STAGE_HELO)
		r.text = VIEW("send MAIL first");
	s->seen.junk += !(s->mail_refused && (s->c->verb == VERB_RCPT || s->c->verb == VERB_DATA));
	smtp_tell_reply(s, &r);
}

/* Those who came too far without moving mail, or may not go on: false, and told. */
static bool
may_command(struct smtp_session *s)
{
	enum smtp_verb verb = s->c->verb;

	if (verb == VERB_QUIT)
		return true;
	if (s->refused)
		smtp_tell(s, 503, "5.5.1", "you are not served here");
	else if (s->stale)
		smtp_tell_bye(s, 421, "4.3.0", "the mail server behind us is gone, and your login with it");
	else if ((verbs[verb].is & IDLE) && ++s->idle_commands > SMTP_IDLE_COMMANDS &&
		++s->errors >= s->o->errors_max)
		smtp_tell_bye(s, 421, "4.7.0", "too many commands without mail");
	else
		return true;
	return false;
}

/* What must come last, and all that a client sends who was not offered PIPELINING. What has come with the
 * command counts now, what comes before its reply then (front/smtp/smtp_tell). */
static void
note_pipelining(struct smtp_session *s)
{
	s->alone = (verbs[s->c->verb].is & LAST) || !(s->offered & EHLO_PIPELINING);
	s->seen.pipelining |= s->alone && s->unread && s->c->verb != VERB_BDAT;
}

void
smtp_verbs_run(struct smtp_session *s, struct view line)
{
	enum smtp_command_status status;
	struct smtp_reply refusal;
	enum smtp_verb verb;

	s->c = arena_new_of(s->a, struct smtp_command);
	status = smtp_command_parse(line, s->utf8, s->a, s->c);
	verb = s->c->verb;
	note_pipelining(s);
	s->mail_refused |= verb == VERB_MAIL;
	if (!may_command(s))
		return;
	refusal = smtp_command_refusal(s->c, status);
	if (verb == VERB_BDAT && status != SMTP_COMMAND_OK)
		smtp_tell_last(s, &refusal); /* where the next command begins is anyone's guess */
	else if (status == SMTP_COMMAND_UNKNOWN)
		verbs[verb].proceed(s);
	else if (!(smtp_command_stages(verb) & s->stage) && verb != VERB_BDAT)
		disorder(s);
	else if (status != SMTP_COMMAND_OK)
		smtp_tell_reply(s, &refusal);
	else if (!verbs[verb].check || verbs[verb].check(s))
		verbs[verb].proceed(s);
}
