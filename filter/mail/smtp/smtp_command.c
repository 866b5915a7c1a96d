/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_command.h"

#include <limits.h>

#include "mail/smtp/ehlo.h"
#include "mail/smtp/smtp_params.h"
#include "util/json.h"

typedef enum smtp_command_status argument_fn(
	struct view text, bool utf8, struct arena *a, struct smtp_command *c);
static argument_fn none, any, some, mail, rcpt, bdat, auth, word;

enum {
	ANYWHERE = SMTP_STAGE_START | SMTP_STAGE_HELO | SMTP_STAGE_MAIL | SMTP_STAGE_RCPT | SMTP_STAGE_BDAT,
	IN_MAIL = SMTP_STAGE_MAIL | SMTP_STAGE_RCPT
};

/* RFC 5321 4.1.4; RFC 3030 section 2 (BDAT); RFC 4954 section 4 (AUTH: no transaction); RFC 1985 section 5
 * (ETRN); XCLIENT_README. DATA and BDAT without a recipient are in order, so that their answer can be 554
 * "no valid recipients" where recipients were tried: RFC 2920 3.1 has clients send them blindly. */
static const struct verb {
	const char *name;
	argument_fn *argument;
	unsigned stages;
	unsigned needs;
	const char *syntax;
} verbs[VERBS] = {
	[VERB_UNKNOWN] = {NULL, any, 0, 0, ""},
	[VERB_FOREIGN] = {NULL, any, 0, 0, ""},
	[VERB_HELO] = {"HELO", some, ANYWHERE, 0, "HELO name"},
	[VERB_EHLO] = {"EHLO", some, ANYWHERE, 0, "EHLO name"},
	[VERB_MAIL] = {"MAIL", mail, SMTP_STAGE_HELO, 0, "MAIL FROM:<address> [parameters]"},
	[VERB_RCPT] = {"RCPT", rcpt, IN_MAIL, 0, "RCPT TO:<address> [parameters]"},
	[VERB_DATA] = {"DATA", none, IN_MAIL, 0, "DATA"},
	[VERB_BDAT] = {"BDAT", bdat, IN_MAIL | SMTP_STAGE_BDAT, EHLO_CHUNKING, "BDAT size [LAST]"},
	[VERB_RSET] = {"RSET", none, ANYWHERE, 0, "RSET"},
	[VERB_NOOP] = {"NOOP", any, ANYWHERE, 0, "NOOP [text]"},
	[VERB_VRFY] = {"VRFY", some, ANYWHERE, 0, "VRFY address"},
	[VERB_EXPN] = {"EXPN", some, ANYWHERE, 0, "EXPN list"},
	[VERB_HELP] = {"HELP", any, ANYWHERE, 0, "HELP [command]"},
	[VERB_QUIT] = {"QUIT", any, ANYWHERE, 0, "QUIT"},
	[VERB_STARTTLS] = {"STARTTLS", none, SMTP_STAGE_HELO, EHLO_STARTTLS, "STARTTLS"},
	[VERB_AUTH] = {"AUTH", auth, SMTP_STAGE_HELO, EHLO_AUTH, "AUTH mechanism [initial response]"},
	[VERB_ETRN] = {"ETRN", word, SMTP_STAGE_HELO, EHLO_ETRN, "ETRN domain"},
	[VERB_XCLIENT] = {"XCLIENT", some, SMTP_STAGE_START | SMTP_STAGE_HELO, EHLO_XCLIENT,
		"XCLIENT attribute=value ..."},
	[VERB_SEND] = {"SEND", any, ANYWHERE, 0, ""},
	[VERB_SOML] = {"SOML", any, ANYWHERE, 0, ""},
	[VERB_SAML] = {"SAML", any, ANYWHERE, 0, ""},
	[VERB_TURN] = {"TURN", any, ANYWHERE, 0, ""},
};

const char *
smtp_command_name(enum smtp_verb v)
{
	return verbs[v].name;
}

unsigned
smtp_command_stages(enum smtp_verb v)
{
	return verbs[v].stages;
}

/* ---- words ---- */

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
has_control(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (((unsigned char)v.p[i] < ' ' && v.p[i] != '\t') || v.p[i] == 127)
			return true;
	return false;
}

static bool
has_8bit(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] > 127)
			return true;
	return false;
}

static struct view
skip_blanks(struct view v)
{
	while (v.n && blank(v.p[0]))
		v = view_skip(v, 1);
	return v;
}

/* The next word of *rest, and the blanks behind it are gone; empty at its end. */
static struct view
take_word(struct view *rest)
{
	struct view w = *rest;
	size_t n = 0;

	while (n < w.n && !blank(w.p[n]))
		n++;
	*rest = skip_blanks(view_skip(w, n));
	return view_head(w, n);
}

/* Words that browsers and others begin with, and a header field, which is what a form on a web page or a
 * message sent without DATA looks like. No SMTP command begins with anything but a letter. */
static bool
is_foreign(struct view w)
{
	static const char *const words[] = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST",
		"PRI", "PUT", "TRACE"};

	if (w.n == 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (view_is(w, words[i]))
			return true;
	return !view_is_alpha(w.p[0]) || w.p[w.n - 1] == ':' || view_starts_nocase(w, "SSH-");
}

static enum smtp_verb
find_verb(struct view w)
{
	for (int v = VERB_HELO; v < VERBS; v++)
		if (view_is(w, verbs[v].name))
			return (enum smtp_verb)v;
	return is_foreign(w) ? VERB_FOREIGN : VERB_UNKNOWN;
}

/* ---- arguments ---- */

static enum smtp_command_status
any(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	return SMTP_COMMAND_OK;
}

static enum smtp_command_status
none(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	return text.n ? SMTP_COMMAND_BAD : SMTP_COMMAND_OK;
}

static enum smtp_command_status
some(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	return text.n ? SMTP_COMMAND_OK : SMTP_COMMAND_BAD;
}

static enum smtp_command_status
word(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	struct view w = take_word(&text);

	return w.n && text.n == 0 && !has_8bit(w) ? SMTP_COMMAND_OK : SMTP_COMMAND_BAD;
}

/* bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF; chunk-size = 1*DIGIT (RFC 3030 section 2) */
static enum smtp_command_status
bdat(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	struct view size = take_word(&text), last = take_word(&text);

	if (!view_number(size, INT64_MAX, &c->chunk) || text.n || (last.n && !view_is(last, "LAST")))
		return SMTP_COMMAND_BAD;
	c->last = last.n > 0;
	return SMTP_COMMAND_OK;
}

/* auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF
 * initial-response = base64 / "=" (RFC 4954 section 8); sasl-mech = 1*20mech-char (RFC 4422 section 3.1) */
static enum smtp_command_status
auth(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	struct view mech = take_word(&text), initial = take_word(&text);

	if (mech.n == 0 || mech.n > 20 || text.n)
		return SMTP_COMMAND_BAD;
	for (size_t i = 0; i < mech.n; i++)
		if (!view_is_alpha(mech.p[i]) && !view_is_digit(mech.p[i]) && mech.p[i] != '-' &&
			mech.p[i] != '_')
			return SMTP_COMMAND_BAD;
	c->mech = sasl_name_mech(mech);
	if (initial.n)
		c->initial = initial;
	return SMTP_COMMAND_OK;
}

/* Length of the path at the front of v: up to ">" if it has angle brackets, else to a blank; neither
 * counts within a quoted string. 0 if there is none. */
static size_t
path_length(struct view v)
{
	bool angle = v.n && v.p[0] == '<', quoted = false;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\\' && quoted)
			i++;
		else if (v.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && angle && v.p[i] == '>')
			return i + 1;
		else if (!quoted && !angle && blank(v.p[i]))
			return i;
	}
	return quoted || angle ? 0 : v.n;
}

/* Reverse-path = Path / "<>"; Forward-path = Path; Path = "<" [ A-d-l ":" ] Mailbox ">". "<Postmaster>"
 * and, as Postfix takes them, other local parts have no domain. */
static bool
read_path(struct view path, bool null_ok, struct arena *a, struct smtp_command *c)
{
	struct view inner = path;

	if (path.n == 0 || !json_utf8(path))
		return false;
	if (path.p[0] == '<')
		inner = view_of(path.p + 1, path.n - 2);
	switch (address_path(path, a, &c->address)) {
	case ADDRESS_NULL:
		c->mailbox = view_of("", 0);
		return null_ok;
	case ADDRESS_BAD:
		if (!address_local_part(inner, a, &c->address))
			return false;
		break;
	case ADDRESS_OK:
		break;
	}
	c->mailbox = address_mailbox(&c->address, a);
	return true;
}

/* mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]
 * rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters] */
static enum smtp_command_status
envelope(struct view text, const char *keyword, bool utf8, struct arena *a, struct smtp_command *c)
{
	enum smtp_command_status status;
	struct view rest, path;

	if (!view_starts_nocase(text, keyword))
		return SMTP_COMMAND_BAD;
	rest = skip_blanks(view_skip(text, strlen(keyword)));
	path = view_head(rest, path_length(rest));
	rest = view_skip(rest, path.n);
	if (rest.n && !blank(rest.p[0]))
		return SMTP_COMMAND_ADDRESS;
	if (!read_path(path, c->verb == VERB_MAIL, a, c))
		return has_8bit(path) && !json_utf8(path) ? SMTP_COMMAND_8BIT : SMTP_COMMAND_ADDRESS;
	c->utf8 = utf8;
	status = smtp_params_read(skip_blanks(rest), a, c);
	if (status == SMTP_COMMAND_OK && has_8bit(path) && !c->utf8)
		return SMTP_COMMAND_8BIT;
	return status;
}

static enum smtp_command_status
mail(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	return envelope(text, "FROM:", false, a, c);
}

static enum smtp_command_status
rcpt(struct view text, bool utf8, struct arena *a, struct smtp_command *c)
{
	return envelope(text, "TO:", utf8, a, c);
}

/* Commands are ASCII; a HELO name is data to be judged, a path has its own rules. */
static bool
may_have_8bit(enum smtp_verb v)
{
	return v == VERB_HELO || v == VERB_EHLO || v == VERB_MAIL || v == VERB_RCPT;
}

enum smtp_command_status
smtp_command_parse(struct view line, bool utf8, struct arena *a, struct smtp_command *out)
{
	struct view rest = view_trim(arena_copy(a, line));

	*out = (struct smtp_command){.word = {"", 0}, .params = {"", 0}};
	if (line.n && blank(line.p[0]))
		return SMTP_COMMAND_UNKNOWN;
	out->word = take_word(&rest);
	if (rest.n)
		out->text = rest;
	out->verb = find_verb(out->word);
	out->needs = verbs[out->verb].needs;
	if (out->verb < VERB_HELO || out->verb >= VERB_SEND)
		return SMTP_COMMAND_UNKNOWN;
	if (has_control(line) || (has_8bit(line) && !may_have_8bit(out->verb)))
		return SMTP_COMMAND_BAD;
	return verbs[out->verb].argument(out->text, utf8, a, out);
}

unsigned
smtp_command_write(
	enum smtp_verb verb, struct view mailbox, struct view params, unsigned has, struct buf *out)
{
	unsigned lacking = smtp_params_lacking(verb, params, has);

	if (has_control(mailbox) || has_control(params) || view_find(mailbox, '\t') < mailbox.n)
		return UINT_MAX;
	if (has_8bit(mailbox))
		lacking |= EHLO_SMTPUTF8 & ~has;
	if (lacking)
		return lacking;
	buf_printf(out, "%s:<%.*s>", verb == VERB_MAIL ? "MAIL FROM" : "RCPT TO", VIEW_ARG(mailbox));
	smtp_params_write(verb, params, has, out);
	buf_str(out, "\r\n");
	return 0;
}

/* ---- refusals ---- */

static struct smtp_reply
reply(int code, const char *enhanced, const char *text)
{
	return (struct smtp_reply){code, view_str(enhanced), view_str(text)};
}

/* RFC 5321 4.2.2, 4.2.4; RFC 3463; RFC 6531 section 3.7.4.1 (5.6.7) */
struct smtp_reply
smtp_command_refusal(const struct smtp_command *c, enum smtp_command_status s)
{
	switch (s) {
	case SMTP_COMMAND_OK:
	case SMTP_COMMAND_UNKNOWN:
		break;
	case SMTP_COMMAND_BAD:
		return reply(501, "5.5.4", verbs[c->verb].syntax);
	case SMTP_COMMAND_ADDRESS:
		return c->verb == VERB_MAIL ? reply(501, "5.1.7", "bad sender address syntax")
					    : reply(501, "5.1.3", "bad recipient address syntax");
	case SMTP_COMMAND_8BIT:
		return reply(553, "5.6.7", "non-ASCII address needs SMTPUTF8 and UTF-8");
	case SMTP_COMMAND_PARAMETER:
		return reply(555, "5.5.4", "parameter not recognized or not implemented");
	case SMTP_COMMAND_VALUE:
		return reply(501, "5.5.4", "bad value of a parameter, or parameter given twice");
	}
	if (c->verb >= VERB_SEND && c->verb < VERBS)
		return reply(502, "5.5.1", "command not implemented");
	return reply(500, "5.5.1", "command not recognized");
}
