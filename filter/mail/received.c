/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received.h"

#include "mail/header.h"
#include "mail/lexeme.h"

/* One comment read as words. */
struct words {
	struct view rest;
	struct view word;
};

/* The next run without blanks and parentheses. */
static bool
next_word(struct words *w)
{
	size_t n = 0;

	while (w->rest.n && strchr(" \t()", w->rest.p[0]))
		w->rest = view_skip(w->rest, 1);
	while (n < w->rest.n && !strchr(" \t()", w->rest.p[n]))
		n++;
	w->word = view_head(w->rest, n);
	w->rest = view_skip(w->rest, n);
	return n > 0;
}

/* An address with what the writers put around it: "IPv6:" before, a zone index behind. */
static bool
bare_ip(struct view v, struct ip *out)
{
	if (view_starts_nocase(v, "IPv6:"))
		v = view_skip(v, 5);
	return ip_parse(view_head(v, view_find(v, '%')), out);
}

/* "[address]", and ":port" behind it as Exim writes it. */
static bool
bracketed_ip(struct view v, struct ip *out)
{
	size_t end = view_find(v, ']');

	if (v.n == 0 || v.p[0] != '[' || end == v.n || (end + 1 < v.n && v.p[end + 1] != ':'))
		return false;
	return bare_ip(view_skip(view_head(v, end), 1), out);
}

/* What the comments behind the first word tell. */
struct clause {
	struct view helo; /* of "helo=x" or "HELO x"; absent if there is none */
	struct ip ip;
	bool brackets; /* something in brackets stood where the client's address should */
};

/* (name [1.2.3.4]) of Postfix and Sendmail, ([1.2.3.4]:25 helo=x) of Exim, (1.2.3.4) of Exchange
 * and qmail, (HELO x) (user@1.2.3.4) of qmail. An address in brackets may stand anywhere but as
 * HELO name; without brackets it is the whole comment, or a name could pass for it. */
static void
read_comment(struct view comment, struct clause *c)
{
	struct words w = {.rest = comment};
	struct view only = {NULL, 0};
	bool keyword = false;
	size_t n = 0;

	for (; next_word(&w); n++) {
		bool named = keyword;

		keyword = !named && (view_is(w.word, "helo") || view_is(w.word, "ehlo"));
		/* A host whose PTR name is "helo" may not hide its address. */
		c->brackets |= w.word.p[0] == '[';
		if (named)
			c->helo = w.word;
		else if (view_starts_nocase(w.word, "helo="))
			c->helo = view_skip(w.word, 5);
		else if (c->ip.family == 0 && !bracketed_ip(w.word, &c->ip))
			only = w.word;
	}
	if (n == 1 && c->ip.family == 0) {
		size_t at = view_rfind(only, '@');

		bare_ip(at < only.n ? view_skip(only, at + 1) : only, &c->ip);
	}
}

/* A word at the top level ends at a blank, a comment or the date. */
static struct view
top_word(struct view *rest)
{
	size_t n = 0;
	struct view word;

	while (n < rest->n && !strchr(" \t(;", rest->p[n]))
		n++;
	word = view_head(*rest, n);
	*rest = view_skip(*rest, n);
	return word;
}

/* Reads on to "by"; what it stood on is *by_out, absent if there was none. */
static void
read_clause(struct view *rest, struct clause *c, struct view *by_out)
{
	for (*rest = view_trim(*rest); rest->n && rest->p[0] != ';'; *rest = view_trim(*rest)) {
		size_t n = lexeme_comment(*rest);

		if (rest->p[0] == '(') {
			n = n ? n : rest->n;
			read_comment(view_head(*rest, n), c);
			*rest = view_skip(*rest, n);
		} else if (view_is(top_word(rest), "by")) {
			*rest = lexeme_skip_cfws(*rest);
			*by_out = top_word(rest);
			return;
		}
	}
}

static struct view
or_absent(struct view v)
{
	return v.n ? v : (struct view){NULL, 0};
}

/* From-domain   = "FROM" FWS Extended-Domain
 * By-domain     = CFWS "BY" FWS Extended-Domain
 * Extended-Domain = Domain / ( Domain FWS "(" TCP-info ")" ) /
 *                   ( address-literal FWS "(" TCP-info ")" )
 * TCP-info      = address-literal / ( Domain FWS address-literal ) */
bool
received_parse(struct view value, struct arena *a, struct received *out)
{
	struct view rest = lexeme_skip_cfws(header_unfold(value, a)), first;
	struct received r = {{NULL, 0}, {0}, {NULL, 0}};
	struct clause c = {{NULL, 0}, {0}, false};

	if (!view_is(top_word(&rest), "from"))
		return false;
	rest = view_trim(rest);
	first = top_word(&rest);
	read_clause(&rest, &c, &r.by);
	r.helo = c.helo.p ? c.helo : first;
	r.ip = c.ip;
	/* Exim names a client without a name by its address. A bare address could be a HELO name,
	 * so it counts only where that is told apart. */
	if (r.ip.family == 0 && !c.brackets && !bracketed_ip(first, &r.ip) && c.helo.p)
		bare_ip(first, &r.ip);
	r.helo = or_absent(r.helo);
	r.by = or_absent(r.by);
	*out = r;
	return true;
}
