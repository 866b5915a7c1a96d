/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/lexeme.h"

#include "util/json.h"

/* comment  = "(" *([FWS] ccontent) [FWS] ")"
 * ccontent = ctext / quoted-pair / comment
 * Depth is a number here, so no nesting is too deep. */
size_t
lexeme_comment(struct view v)
{
	size_t depth = 0;

	if (v.n == 0 || v.p[0] != '(')
		return 0;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\\')
			i++;
		else if (v.p[i] == '(')
			depth++;
		else if (v.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE; qcontent = qtext / quoted-pair */
size_t
lexeme_quoted(struct view v)
{
	if (v.n == 0 || v.p[0] != '"')
		return 0;
	for (size_t i = 1; i < v.n; i++) {
		if (v.p[i] == '\\')
			i++;
		else if (v.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* Offset of the "?" that ends a part of an encoded word, or v.n. */
static size_t
part(struct view v, size_t at)
{
	while (at < v.n && v.p[at] != '?' && !view_is_space(v.p[at]))
		at++;
	return at < v.n && v.p[at] == '?' ? at : v.n;
}

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" without blanks; encoding is one
 * letter. No part may hold a "?", which keeps the search short. */
static size_t
encoded(struct view v)
{
	size_t at, letter;

	if (v.n < 2 || v.p[0] != '=' || v.p[1] != '?')
		return 0;
	letter = part(v, 2) + 1;
	if (letter == 3 || letter + 1 >= v.n || v.p[letter + 1] != '?' ||
		(view_lower(v.p[letter]) != 'b' && view_lower(v.p[letter]) != 'q'))
		return 0;
	at = part(v, letter + 2);
	return at + 1 < v.n && v.p[at + 1] == '=' ? at + 2 : 0;
}

/* domain-literal = "[" *([FWS] dtext) [FWS] "]"; dtext has no brackets and no backslash */
static size_t
literal(struct view v)
{
	for (size_t i = 1; i < v.n && v.p[i] != '[' && v.p[i] != '\\'; i++)
		if (v.p[i] == ']')
			return i + 1;
	return 0;
}

static bool
is_word(char c)
{
	return (unsigned char)c > ' ' && c != 127 && !strchr("()<>[]:;@\\,\"", c);
}

static size_t
word(struct view v)
{
	size_t n = 0;

	while (n < v.n && is_word(v.p[n]))
		n++;
	return n;
}

static void
skip_cfws(struct lexeme *l)
{
	const char *from = l->rest.p;

	while (!l->path && l->rest.n) {
		size_t n = view_is_space(l->rest.p[0]);

		if (l->rest.p[0] == '(' && !l->no_comments) {
			n = lexeme_comment(l->rest);
			l->no_comments = n == 0;
		}
		if (n == 0)
			break;
		l->rest = view_skip(l->rest, n);
	}
	l->spaced = l->rest.p != from;
}

/* Length and kind of what rest begins with; rest is not empty. */
static size_t
measure(struct lexeme *l, enum lexeme_kind *kind)
{
	char c = l->rest.p[0];
	size_t n = 0;

	if (c == '=' && !l->path && (n = encoded(l->rest)))
		*kind = LEXEME_ENCODED;
	else if (is_word(c) && (n = word(l->rest)))
		*kind = LEXEME_WORD;
	else if (c && strchr("<>@,;:", c) && (n = 1))
		*kind = LEXEME_SPECIAL;
	else if (c == '[' && (n = literal(l->rest)))
		*kind = LEXEME_LITERAL;
	else if (c == '"' && !l->no_quotes && (n = lexeme_quoted(l->rest)))
		*kind = LEXEME_QUOTED;
	else
		*kind = LEXEME_JUNK;
	l->no_quotes |= c == '"' && n == 0;
	return n ? n : 1;
}

void
lexeme_next(struct lexeme *l)
{
	size_t n;

	skip_cfws(l);
	if (l->rest.n == 0) {
		l->kind = LEXEME_END;
		l->text = l->rest;
		return;
	}
	n = measure(l, &l->kind);
	l->text = view_head(l->rest, n);
	l->rest = view_skip(l->rest, n);
	l->bad |= l->kind == LEXEME_JUNK;
}

void
lexeme_init(struct lexeme *l, struct view value, bool path)
{
	*l = (struct lexeme){.rest = value.p ? value : VIEW(""), .path = path};
	lexeme_next(l);
}

bool
lexeme_is(const struct lexeme *l, char special)
{
	return l->kind == LEXEME_SPECIAL && l->text.p[0] == special;
}

struct view
lexeme_skip_cfws(struct view v)
{
	while (v.n && (view_is_space(v.p[0]) || v.p[0] == '(')) {
		size_t n = v.p[0] == '(' ? lexeme_comment(v) : 1;

		if (n == 0)
			return (struct view){NULL, 0};
		v = view_skip(v, n);
	}
	return v;
}

struct view
lexeme_unquote(struct view quoted, struct arena *a)
{
	char *out = arena_alloc(a, quoted.n + 1);
	size_t n = 0;

	for (size_t i = 1; i + 1 < quoted.n; i++) {
		char c = quoted.p[i];

		if (c == '\\' && i + 2 < quoted.n)
			c = quoted.p[++i];
		else if (c == '\r' || c == '\n')
			continue;
		out[n++] = c;
	}
	return view_of(out, n);
}

void
lexeme_quote(struct view v, struct buf *out)
{
	bool utf8 = json_utf8(v);

	buf_byte(out, '"');
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c < ' ' || c == 127)
			continue;
		if (c == '"' || c == '\\')
			buf_byte(out, '\\');
		buf_byte(out, c > 127 && !utf8 ? '?' : (char)c);
	}
	buf_byte(out, '"');
}
