/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_params.h"

#include "mail/smtp/ehlo.h"
#include "mail/smtp/xtext.h"
#include "util/limits.h"

/* A parameter's value (absent if it has none) into c: false if it is bad. *written_out is how we write it. */
typedef bool value_fn(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out);
static value_fn size, body, utf8, ret, envid, auth, require_tls, notify, orcpt;

static const struct param {
	const char *name;
	enum smtp_verb verb;
	unsigned needs;
	bool may_go; /* a server that does not know it can do without */
	value_fn *value;
} params[] = {
	{"SIZE", VERB_MAIL, EHLO_SIZE, true, size},
	{"BODY", VERB_MAIL, EHLO_8BITMIME, false, body},
	{"SMTPUTF8", VERB_MAIL, EHLO_SMTPUTF8, false, utf8},
	{"RET", VERB_MAIL, EHLO_DSN, false, ret},
	{"ENVID", VERB_MAIL, EHLO_DSN, false, envid},
	{"AUTH", VERB_MAIL, EHLO_AUTH, true, auth},
	{"REQUIRETLS", VERB_MAIL, EHLO_REQUIRETLS, false, require_tls},
	{"NOTIFY", VERB_RCPT, EHLO_DSN, false, notify},
	{"ORCPT", VERB_RCPT, EHLO_DSN, false, orcpt},
};

enum { PARAMS = sizeof(params) / sizeof(*params) };

/* "=" within xtext, which clients forget to encode. Limits are those of what is passed on. */
static struct view
xtext_strict(struct view v, struct arena *a)
{
	char *p = arena_alloc(a, 3 * v.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '=') {
			memcpy(p + n, "+3D", 3);
			n += 3;
		} else {
			p[n++] = v.p[i];
		}
	}
	return view_of(p, n);
}

/* xtext of printable characters: one that hides a line end is meant for somebody who decodes it. */
static bool
is_text(struct view v, bool with_8bit, struct arena *a)
{
	struct view decoded = xtext_decode(v, a);

	for (size_t i = 0; i < decoded.n; i++)
		if ((unsigned char)decoded.p[i] < ' ' || decoded.p[i] == 127)
			return false;
	return v.n > 0 && xtext_ok(v, with_8bit);
}

/* size-value ::= 1*20DIGIT (RFC 1870 section 4) */
static bool
size(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	*written_out = v;
	return view_number(v, INT64_MAX, &c->size);
}

/* body-value ::= "7BIT" / "8BITMIME" (RFC 6152 section 2) */
static bool
body(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	c->body = view_is(v, "7BIT")     ? SMTP_BODY_7BIT
		: view_is(v, "8BITMIME") ? SMTP_BODY_8BITMIME
					 : SMTP_BODY_NONE;
	*written_out = c->body == SMTP_BODY_7BIT ? VIEW("7BIT") : VIEW("8BITMIME");
	return c->body != SMTP_BODY_NONE;
}

static bool
utf8(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	c->utf8 = true;
	return !v.p;
}

static bool
ret(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	c->ret = view_is(v, "FULL") ? SMTP_RET_FULL : view_is(v, "HDRS") ? SMTP_RET_HDRS : SMTP_RET_NONE;
	*written_out = c->ret == SMTP_RET_FULL ? VIEW("FULL") : VIEW("HDRS");
	return c->ret != SMTP_RET_NONE;
}

static bool
envid(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	*written_out = c->envid = xtext_strict(v, a);
	return c->envid.n <= ENVID_MAX && is_text(v, false, a);
}

/* "<>", or a mailbox as xtext (RFC 4954 section 5) */
static bool
auth(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	*written_out = c->auth = xtext_strict(v, a);
	return c->auth.n <= ORCPT_MAX && is_text(v, false, a);
}

static bool
require_tls(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	c->require_tls = true;
	return !v.p;
}

/* notify-esmtp-value = "NEVER" / ( notify-list-element *( "," notify-list-element ) )
 * notify-list-element = "SUCCESS" / "FAILURE" / "DELAY" (RFC 3461 section 4.1) */
static bool
notify(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	static const char *const names[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
	struct view one, text = {NULL, 0};

	while (view_split(&v, ',', &one)) {
		unsigned bit = 0;

		for (unsigned i = 0; i < 4; i++)
			if (view_is(one, names[i]))
				bit = 1U << i;
		if (bit == 0)
			return false;
		c->notify |= bit;
	}
	for (unsigned i = 0; i < 4; i++)
		if (c->notify & 1U << i)
			text = arena_printf(a, "%.*s%s%s", VIEW_ARG(text), text.p ? "," : "", names[i]);
	*written_out = text;
	return c->notify && (c->notify == SMTP_NOTIFY_NEVER || !(c->notify & SMTP_NOTIFY_NEVER));
}

static bool
is_atom(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]) && v.p[i] != '-' && v.p[i] != '_')
			return false;
	return v.n > 0;
}

/* original-recipient-address = addr-type ";" xtext; addr-type = atom (RFC 3461 section 4.2). In a transaction
 * with SMTPUTF8 type utf-8 may have the address as it is (RFC 6533 section 3). */
static bool
orcpt(struct view v, struct arena *a, struct smtp_command *c, struct view *written_out)
{
	struct view type = view_head(v, view_find(v, ';')), address = view_skip(v, type.n + 1);
	struct view strict = xtext_strict(address, a);
	bool is_utf8 = view_is(type, "utf-8");

	c->orcpt = is_utf8 ? v : arena_printf(a, "%.*s;%.*s", VIEW_ARG(type), VIEW_ARG(strict));
	*written_out = c->orcpt;
	return c->orcpt.n <= ORCPT_MAX && is_atom(type) && is_text(address, c->utf8 && is_utf8, a);
}

/* The next parameter of *rest; its value is absent if it has none. */
static bool
next(struct view *rest, struct view *name_out, struct view *value_out)
{
	struct view v = view_trim(*rest), word;
	size_t n = 0, equals;

	while (n < v.n && v.p[n] != ' ' && v.p[n] != '\t')
		n++;
	word = view_head(v, n);
	*rest = view_skip(v, n);
	equals = view_find(word, '=');
	*name_out = view_head(word, equals);
	*value_out = equals < word.n ? view_skip(word, equals + 1) : (struct view){NULL, 0};
	return n > 0;
}

static const struct param *
find(struct view name, enum smtp_verb verb)
{
	for (size_t i = 0; i < PARAMS; i++)
		if (params[i].verb == verb && view_is(name, params[i].name))
			return &params[i];
	return NULL;
}

/* esmtp-param = esmtp-keyword ["=" esmtp-value]; esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * SMTPUTF8 may come behind what depends on it: only MAIL has it, and nothing in MAIL does. */
enum smtp_command_status
smtp_params_read(struct view text, struct arena *a, struct smtp_command *c)
{
	unsigned seen = 0;
	struct view name, value;

	while (next(&text, &name, &value)) {
		const struct param *p = find(name, c->verb);
		struct view written = {NULL, 0};

		if (!p)
			return is_atom(name) ? SMTP_COMMAND_PARAMETER : SMTP_COMMAND_BAD;
		if (seen & 1U << (p - params) || !p->value(value, a, c, &written))
			return view_is(value, "BINARYMIME") ? SMTP_COMMAND_PARAMETER : SMTP_COMMAND_VALUE;
		seen |= 1U << (p - params);
		c->needs |= p->needs;
		c->params = arena_printf(a, "%.*s%s%s%s%.*s", VIEW_ARG(c->params), c->params.n ? " " : "",
			p->name, written.p ? "=" : "", VIEW_ARG(written));
	}
	return SMTP_COMMAND_OK;
}

/* What can be left out is not named, so that the server does not have to know it. */
unsigned
smtp_params_lacking(enum smtp_verb verb, struct view text, unsigned has)
{
	struct view name, value;
	unsigned lacking = 0;

	while (next(&text, &name, &value)) {
		const struct param *p = find(name, verb);

		if (p && !p->may_go && !view_is(value, "7BIT"))
			lacking |= p->needs & ~has;
	}
	return lacking;
}

void
smtp_params_write(enum smtp_verb verb, struct view text, unsigned has, struct buf *out)
{
	struct view name, value;

	while (next(&text, &name, &value)) {
		const struct param *p = find(name, verb);

		if (p && (p->needs & has))
			buf_printf(out, " %s%s%.*s", p->name, value.p ? "=" : "", VIEW_ARG(value));
	}
}
