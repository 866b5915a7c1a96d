/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_macro.h"

#include <stdio.h>

static const char all_letters[] = "slodiphcrtv";
static const char domain_letters[] = "slodiphv";
static const char delimiters[] = ".-+,/_=";

enum { VALUE_TEXT = 80 }; /* an address in nibbles, a number */

/* One step through a macro string. */
struct piece {
	enum { PIECE_LITERAL, PIECE_FIXED, PIECE_VALUE, PIECE_BAD } kind;
	struct view text; /* LITERAL: a run without '%'; FIXED: what "%%", "%_" or "%-" stand for */
	char letter;      /* VALUE: in lower case */
	bool url;         /* written in upper case: URL-escaped */
	size_t keep;      /* right-hand parts that stay */
	bool reverse;
	struct view delims; /* where the value is split */
};

struct sink {
	char p[SPF_EXPANSION_MAX];
	size_t n;
	bool over;
};

static bool
one_of(char c, struct view set)
{
	return view_find(set, c) < set.n;
}

static bool
is_alphanum(char c)
{
	return view_is_alpha(c) || view_is_digit(c);
}

/*
 * macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
 * macro-letter = "s" / "l" / "o" / "d" / "i" / "p" / "h" / "c" / "r" / "t" / "v"
 * transformers = *DIGIT [ "r" ]
 * delimiter    = "." / "-" / "+" / "," / "/" / "_" / "="
 *
 * A digit count is never zero (section 7.3); more than the value has parts is as good as all.
 */
static bool
read_value(struct view in, struct piece *p)
{
	size_t i = 1, keep = 0;

	if (in.n == 0 || !one_of(view_lower(in.p[0]), view_str(all_letters)))
		return false;
	p->letter = view_lower(in.p[0]);
	p->url = p->letter != in.p[0];
	for (; i < in.n && view_is_digit(in.p[i]); i++)
		keep = keep > DOMAIN_MAX ? keep : keep * 10 + (size_t)(in.p[i] - '0');
	if (i > 1 && keep == 0)
		return false;
	p->keep = i > 1 && keep <= DOMAIN_MAX ? keep : SIZE_MAX;
	p->reverse = i < in.n && view_lower(in.p[i]) == 'r';
	p->delims = view_skip(in, i + p->reverse);
	for (i = 0; i < p->delims.n; i++)
		if (!one_of(p->delims.p[i], view_str(delimiters)))
			return false;
	if (p->delims.n == 0)
		p->delims = VIEW(".");
	return true;
}

/* *rest begins with '%'. */
static void
read_expand(struct view *rest, struct piece *p)
{
	char c = rest->n > 1 ? rest->p[1] : 0;
	size_t n = 2;

	p->kind = PIECE_FIXED;
	if (c == '%') {
		p->text = VIEW("%");
	} else if (c == '_') {
		p->text = VIEW(" ");
	} else if (c == '-') {
		p->text = VIEW("%20");
	} else {
		n = view_find(*rest, '}');
		p->kind = c == '{' && n < rest->n && read_value(view_of(rest->p + 2, n - 2), p)
				  ? PIECE_VALUE
				  : PIECE_BAD;
		n++;
	}
	*rest = view_skip(*rest, n);
}

static bool
next_piece(struct view *rest, struct piece *out)
{
	size_t n = view_find(*rest, '%');

	if (rest->n == 0)
		return false;
	*out = (struct piece){.kind = PIECE_LITERAL, .text = view_head(*rest, n)};
	if (n > 0)
		*rest = view_skip(*rest, n);
	else
		read_expand(rest, out);
	return true;
}

/*
 * macro-string   = *( macro-expand / macro-literal )
 * macro-literal  = %x21-24 / %x26-7E
 * explain-string = *( macro-string / SP )
 */
static bool
piece_ok(const struct piece *p, const char *letters, char lowest)
{
	if (p->kind == PIECE_VALUE)
		return one_of(p->letter, view_str(letters));
	for (size_t i = 0; p->kind == PIECE_LITERAL && i < p->text.n; i++)
		if (p->text.p[i] < lowest || p->text.p[i] > '~')
			return false;
	return p->kind != PIECE_BAD;
}

bool
spf_macro_string_ok(struct view v)
{
	struct piece p;

	while (next_piece(&v, &p))
		if (!piece_ok(&p, all_letters, '!'))
			return false;
	return true;
}

/*
 * toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
 */
bool
spf_macro_toplabel_ok(struct view v)
{
	bool numeric = true;

	if (v.n == 0 || v.n > LABEL_MAX || v.p[0] == '-' || v.p[v.n - 1] == '-')
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (!is_alphanum(v.p[i]) && v.p[i] != '-')
			return false;
		numeric = numeric && view_is_digit(v.p[i]);
	}
	return !numeric;
}

/*
 * domain-spec = macro-string domain-end
 * domain-end  = ( "." toplabel [ "." ] ) / macro-expand
 */
bool
spf_macro_domain_ok(struct view v)
{
	struct piece p = {.kind = PIECE_BAD};
	size_t dot;

	while (next_piece(&v, &p))
		if (!piece_ok(&p, domain_letters, '!'))
			return false;
	if (p.kind != PIECE_LITERAL)
		return p.kind != PIECE_BAD;
	if (p.text.p[p.text.n - 1] == '.')
		p.text.n--;
	dot = view_rfind(p.text, '.');
	return dot < p.text.n && spf_macro_toplabel_ok(view_skip(p.text, dot + 1));
}

bool
spf_macro_wants_validated(struct view spec)
{
	struct piece p;

	while (next_piece(&spec, &p))
		if (p.kind == PIECE_VALUE && p.letter == 'p')
			return true;
	return false;
}

static void
put(struct sink *s, struct view v)
{
	if (v.n > sizeof(s->p) - s->n) {
		s->over = true;
		return;
	}
	if (v.n > 0)
		memcpy(s->p + s->n, v.p, v.n);
	s->n += v.n;
}

/* RFC 3986 2.3: unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" */
static void
put_url(struct sink *s, struct view v)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];
		char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
		bool plain = is_alphanum(v.p[i]) || one_of(v.p[i], VIEW("-._~"));

		put(s, plain ? view_of(v.p + i, 1) : view_of(escaped, 3));
	}
}

/* Offset of the nth delimiter, from 1; v.n if there are fewer. */
static size_t
nth_delimiter(struct view v, struct view delims, size_t nth)
{
	size_t i = 0;

	for (; i < v.n; i++)
		if (one_of(v.p[i], delims) && --nth == 0)
			break;
	return i;
}

static size_t
count_parts(struct view v, struct view delims)
{
	size_t n = 1;

	for (size_t i = 0; i < v.n; i++)
		n += one_of(v.p[i], delims);
	return n;
}

/* The right-hand parts of the reversed value are the left-hand parts of the value, backwards. */
static void
put_reversed(struct sink *s, struct view v, const struct piece *p)
{
	void (*write)(struct sink *, struct view) = p->url ? put_url : put;

	v = view_head(v, nth_delimiter(v, p->delims, p->keep));
	for (;;) {
		size_t start = v.n;

		while (start > 0 && !one_of(v.p[start - 1], p->delims))
			start--;
		write(s, view_skip(v, start));
		if (start == 0)
			return;
		put(s, VIEW("."));
		v = view_head(v, start - 1);
	}
}

static void
put_value(struct sink *s, struct view v, const struct piece *p)
{
	void (*write)(struct sink *, struct view) = p->url ? put_url : put;
	size_t parts = count_parts(v, p->delims);

	if (p->reverse) {
		put_reversed(s, v, p);
		return;
	}
	if (parts > p->keep)
		v = view_skip(v, nth_delimiter(v, p->delims, parts - p->keep) + 1);
	for (;;) {
		size_t n = nth_delimiter(v, p->delims, 1);

		write(s, view_head(v, n));
		if (n == v.n)
			return;
		put(s, VIEW("."));
		v = view_skip(v, n + 1);
	}
}

/* Section 7.3: dotted quad, or the 32 nibbles of an IPv6 address. Nibbles are in upper case because
 * the conformance suite reads them so in explanations; the DNS does not care. */
static void
dotted(const struct ip *ip, char text[static VALUE_TEXT])
{
	static const char hex[] = "0123456789ABCDEF";

	if (ip->family == 4) {
		ip_format(ip, text);
		return;
	}
	for (size_t i = 0; i < 32; i++) {
		text[2 * i] = hex[i % 2 ? ip->b[i / 2] & 15 : ip->b[i / 2] >> 4];
		text[2 * i + 1] = '.';
	}
	text[63] = 0;
}

static struct view
value_of(char letter, const struct spf_macro *m, char text[static VALUE_TEXT])
{
	switch (letter) {
	case 's':
		return m->sender;
	case 'l':
		return m->local;
	case 'o':
		return m->origin;
	case 'd':
		return m->domain;
	case 'p':
		return m->validated.p ? m->validated : VIEW("unknown");
	case 'h':
		return m->helo;
	case 'r':
		return m->receiver.p ? m->receiver : VIEW("unknown");
	case 'v':
		return m->ip.family == 4 ? VIEW("in-addr") : VIEW("ip6");
	case 'c':
		ip_format(&m->ip, text);
		break;
	case 't':
		snprintf(text, VALUE_TEXT, "%lld", (long long)m->now);
		break;
	default:
		dotted(&m->ip, text);
	}
	return view_str(text);
}

static void
expand(struct sink *s, struct view rest, const struct spf_macro *m)
{
	struct piece p;
	char text[VALUE_TEXT];

	s->n = 0;
	s->over = false;
	while (!s->over && next_piece(&rest, &p)) {
		if (p.kind == PIECE_VALUE)
			put_value(s, value_of(p.letter, m, text), &p);
		else
			put(s, p.text);
	}
}

struct view
spf_macro_domain(struct view spec, const struct spf_macro *m, char out[static DOMAIN_MAX])
{
	struct sink s;
	struct view name;

	expand(&s, spec, m);
	name = view_of(s.p, s.over ? 0 : s.n);
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	while (name.n > DOMAIN_MAX)
		name = view_skip(name, view_find(name, '.') + 1);
	memcpy(out, name.p, name.n);
	return view_of(out, name.n);
}

struct view
spf_macro_explain(struct view text, const struct spf_macro *m, struct arena *a)
{
	struct view rest = text;
	struct piece p;
	struct sink s;

	while (next_piece(&rest, &p))
		if (!piece_ok(&p, all_letters, ' '))
			return view_of(NULL, 0);
	expand(&s, text, m);
	if (s.over)
		return view_of(NULL, 0);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			s.p[i] = '?';
	return arena_copy(a, view_of(s.p, s.n));
}
