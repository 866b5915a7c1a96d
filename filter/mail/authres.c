/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authres.h"

#include "mail/domain.h"
#include "mail/lexeme.h"

enum {
	KEYWORD_MAX = 64,
	VALUE_MAX = 320, /* bytes of one value: local part, "@" and domain of RFC 5321 4.5.3.1 */
	LINE_SOFT = 300  /* a result takes a second line from here: RFC 5322 2.1.1 refuses 998 */
};

/* token of RFC 2045 5.1: 1*<any CHAR except SPACE, CTLs, or tspecials> */
static bool
is_token_char(char c)
{
	return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool
is_token(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_token_char(v.p[i]))
			return false;
	return v.n > 0;
}

/* [ [ local-part ] "@" ] domain-name with a dot-atom of token characters as local part: they need
 * no quotes in this place. */
static bool
is_mailbox(struct view v)
{
	size_t at = view_rfind(v, '@');
	struct view local = view_head(v, at);

	if (at == v.n ||
		(at > 0 && (!is_token(local) || local.p[0] == '.' || local.p[at - 1] == '.')))
		return false;
	return domain_syntax_ok(view_skip(v, at + 1));
}

/* pvalue = [CFWS] ( ( value / [ [ local-part ] "@" ] domain-name ) [CFWS]
 * value  = token / quoted-string */
static void
add_value(struct buf *out, struct view v)
{
	v = view_head(v, VALUE_MAX);
	if (is_token(v) || is_mailbox(v)) {
		buf_add(out, v);
		return;
	}
	lexeme_quote(v, out);
}

/* Keyword or ptype "." property: what is no part of one is left out. */
static void
add_keyword(struct buf *out, struct view v)
{
	for (size_t i = 0; i < v.n && i < KEYWORD_MAX; i++)
		if (view_is_alpha(v.p[i]) || view_is_digit(v.p[i]) || v.p[i] == '-' ||
			v.p[i] == '.' || v.p[i] == '_')
			buf_byte(out, v.p[i]);
}

/* resinfo    = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]
 * methodspec = [CFWS] method [CFWS] "=" [CFWS] result
 * reasonspec = "reason" [CFWS] "=" [CFWS] value
 * propspec   = ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue */
static void
add_result(struct buf *out, const struct authres_result *r)
{
	size_t line = out->n;

	buf_str(out, ";\n\t");
	add_keyword(out, r->method);
	buf_byte(out, '=');
	add_keyword(out, r->result);
	if (r->reason.p) {
		buf_str(out, " reason=");
		add_value(out, r->reason);
	}
	for (size_t i = 0; i < r->n_props && i < AUTHRES_PROPS; i++) {
		if (out->n - line + r->prop[i].value.n > LINE_SOFT) {
			line = out->n;
			buf_str(out, "\n\t");
		} else {
			buf_byte(out, ' ');
		}
		add_keyword(out, r->prop[i].name);
		buf_byte(out, '=');
		add_value(out, r->prop[i].value);
	}
}

/* authres-payload = [CFWS] authserv-id [ CFWS authres-version ]
 *                   ( no-result / 1*resinfo ) [CFWS] CRLF */
void
authres_write(struct buf *out, struct view authserv_id, const struct authres_result *r, size_t n)
{
	add_value(out, authserv_id);
	for (size_t i = 0; i < n && !out->over; i++) {
		size_t before = out->n;

		add_result(out, &r[i]);
		out->n = out->over ? before : out->n;
	}
	if (n == 0)
		buf_str(out, "; none");
}

/* authserv-id = value, with A-labels or U-labels. What ends it is judged by nobody: "id/1" is still
 * a field that claims id. */
struct view
authres_id(struct view value, struct arena *a)
{
	struct view v = lexeme_skip_cfws(value);
	size_t n = lexeme_quoted(v);

	if (n)
		return lexeme_unquote(view_head(v, n), a);
	while (n < v.n && (is_token_char(v.p[n]) || (unsigned char)v.p[n] >= 128))
		n++;
	return n ? arena_copy(a, view_head(v, n)) : (struct view){NULL, 0};
}
