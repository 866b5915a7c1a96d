/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received_spf.h"

#include "mail/lexeme.h"

enum { VALUE_MAX = 320 }; /* local part, "@" and domain of RFC 5321 4.5.3.1 */

static const struct {
	const char *result, *comment;
} comments[] = {
	{"pass", "the domain authorises this client"},
	{"fail", "the domain does not authorise this client"},
	{"softfail", "the domain probably does not authorise this client"},
	{"neutral", "the domain makes no statement about this client"},
	{"none", "the domain has no SPF record"},
	{"temperror", "the record could not be had"},
	{"permerror", "the record cannot be read"},
};

/* dot-atom = 1*atext *("." 1*atext); of atext those that need no second thought. */
static bool
is_dot_atom(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		bool dot = v.p[i] == '.', other = v.p[i] == '-' || v.p[i] == '_';

		if (dot && (i == 0 || i + 1 == v.n || v.p[i - 1] == '.'))
			return false;
		if (!dot && !other && !view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]))
			return false;
	}
	return v.n > 0;
}

/* key-value-pair = key [CFWS] "=" ( dot-atom / quoted-string ) */
static void
add_pair(struct buf *out, const char *key, struct view value, const char **between)
{
	if (!value.p)
		return;
	value = view_head(value, VALUE_MAX);
	buf_str(out, *between);
	*between = ";\n\t";
	buf_str(out, key);
	buf_byte(out, '=');
	if (is_dot_atom(value))
		buf_add(out, value);
	else
		lexeme_quote(value, out);
}

/* header-field   = "Received-SPF:" [CFWS] result FWS [comment FWS] [ key-value-list ] CRLF
 * key-value-list = key-value-pair *( ";" [CFWS] key-value-pair ) [";"] */
void
received_spf_write(struct buf *out, const struct received_spf *r)
{
	const char *between = "\n\t";

	for (size_t i = 0; i < sizeof(comments) / sizeof(*comments); i++)
		if (view_eq_str(r->result, comments[i].result))
			buf_printf(out, "%s (%s)", comments[i].result, comments[i].comment);
	add_pair(out, "client-ip", r->client_ip, &between);
	add_pair(out, "envelope-from", r->envelope_from, &between);
	add_pair(out, "helo", r->helo, &between);
	add_pair(out, "receiver", r->receiver, &between);
	add_pair(out, "identity", r->identity, &between);
	add_pair(out, "mechanism", r->mechanism, &between);
	add_pair(out, "problem", r->problem, &between);
}

/* Behind blanks, comments and one byte that must be there. */
static bool
take(struct view *rest, char c)
{
	struct view v = lexeme_skip_cfws(*rest);

	if (!v.n || v.p[0] != c)
		return false;
	*rest = view_skip(v, 1);
	return true;
}

static struct view
take_word(struct view *rest, struct arena *a)
{
	size_t n = lexeme_quoted(*rest);
	struct view word;

	if (n) {
		word = lexeme_unquote(view_head(*rest, n), a);
	} else {
		while (n < rest->n && !view_is_space(rest->p[n]) && !strchr("=;()\"", rest->p[n]))
			n++;
		word = view_head(*rest, n);
	}
	*rest = view_skip(*rest, n);
	return word;
}

/* What is out of place is skipped as one byte, so that no reader who is more lenient finds a pair that this
 * one does not see. */
bool
received_spf_is_of(struct view value, struct view name, struct arena *a)
{
	struct view rest = value;

	while (rest.n) {
		struct view after = lexeme_skip_cfws(rest), word;

		rest = after.p ? after : rest;
		word = take_word(&rest, a);
		if (word.n == 0) {
			rest = view_skip(rest, 1);
			continue;
		}
		if (!view_is(word, "receiver") || !take(&rest, '='))
			continue;
		after = lexeme_skip_cfws(rest);
		rest = after.p ? after : rest;
		if (view_eq_nocase(take_word(&rest, a), name))
			return true;
	}
	return false;
}
