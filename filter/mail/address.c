/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address.h"

#include "mail/address_literal.h"
#include "mail/domain.h"
#include "mail/lexeme.h"
#include "util/limits.h"

/* Where a local part or domain is put together of its lexemes. */
struct scratch {
	char p[1024]; /* over PATH_MAX_SMTP, and over any UTF-8 name that domain_normal accepts */
	size_t n;
	bool set;  /* something was put in, if only "" */
	bool over; /* it did not fit, or has a control character */
};

static void
put(struct scratch *s, struct view v)
{
	s->set = true;
	if (v.n > sizeof(s->p) - s->n) {
		s->over = true;
		return;
	}
	for (size_t i = 0; i < v.n; i++) {
		s->over |= (unsigned char)v.p[i] < ' ' || v.p[i] == 127;
		s->p[s->n++] = v.p[i];
	}
}

static void
clear(struct scratch *s)
{
	s->n = 0;
	s->set = s->over = false;
}

/* The current lexeme goes on with what is in s: one of the two brings the dot between them. */
static bool
joins(const struct scratch *s, const struct lexeme *l, bool dot_before)
{
	return !s->set || dot_before || (l->kind != LEXEME_QUOTED && l->text.p[0] == '.');
}

/* An encoded word may be a local part only if it is an atom to those who do not know RFC 2047. */
static bool
is_atom(const struct lexeme *l)
{
	struct lexeme inner;

	if (l->kind != LEXEME_ENCODED)
		return l->kind == LEXEME_WORD;
	lexeme_init(&inner, l->text, true);
	return inner.kind == LEXEME_WORD && inner.rest.n == 0;
}

static void
finish(const struct scratch *local, struct view domain, struct arena *a, struct address *out)
{
	size_t n = local->n + (domain.p ? domain.n + 1 : 0);
	char *p = arena_alloc(a, n + 1);

	memcpy(p, local->p, local->n);
	*out = (struct address){.local = view_of(p, local->n), .text = view_of(p, n)};
	if (!domain.p)
		return;
	p[local->n] = '@';
	memcpy(p + local->n + 1, domain.p, domain.n);
	out->domain = view_of(p + local->n + 1, domain.n);
}

/* domain     = dot-atom / domain-literal / obs-domain
 * obs-domain = atom *("." atom)
 * The lexeme after it is the current one then. Absent if it is none. */
static struct view
read_domain(struct lexeme *l, struct arena *a)
{
	struct scratch name;
	bool dot = false;

	if (l->kind == LEXEME_LITERAL) {
		struct view text = l->text;
		struct ip ip;

		lexeme_next(l);
		return address_literal(text, &ip) ? text : (struct view){NULL, 0};
	}
	clear(&name);
	for (; l->kind == LEXEME_WORD && joins(&name, l, dot); lexeme_next(l)) {
		dot = l->text.p[l->text.n - 1] == '.';
		put(&name, l->text);
	}
	if (name.over || !name.set)
		return (struct view){NULL, 0};
	return domain_normal(view_of(name.p, name.n), a);
}

/* local-part = dot-atom / quoted-string / obs-local-part
 * obs-local-part = word *("." word)
 * Reads up to "@" or to what cannot be part of it. Words that are no part of the last are bad. */
static void
read_local(struct lexeme *l, struct scratch *local, struct arena *a)
{
	bool dot = false;

	clear(local);
	for (; l->kind == LEXEME_QUOTED || is_atom(l); lexeme_next(l)) {
		if (!joins(local, l, dot)) {
			l->bad = true;
			clear(local);
		}
		dot = l->kind != LEXEME_QUOTED && l->text.p[l->text.n - 1] == '.';
		put(local, l->kind == LEXEME_QUOTED ? lexeme_unquote(l->text, a) : l->text);
	}
}

/* addr-spec = local-part "@" domain. False, and bad, if the next lexemes are none; nothing is read
 * if the first of them can be no part of one. "a@b@c" is read differently by everyone, so it is
 * none. */
static bool
read_addr_spec(struct lexeme *l, struct arena *a, struct address *out)
{
	struct scratch local;
	struct view domain;
	bool doubled = false;

	read_local(l, &local, a);
	if (!lexeme_is(l, '@')) {
		l->bad = true;
		return false;
	}
	lexeme_next(l);
	domain = read_domain(l, a);
	while (lexeme_is(l, '@')) {
		doubled = true;
		lexeme_next(l);
		read_domain(l, a);
	}
	if (doubled || !domain.p || !local.set || local.over || local.n > PATH_MAX_SMTP) {
		l->bad = true;
		return false;
	}
	finish(&local, domain, a, out);
	return true;
}

/* obs-route = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain]) ":"
 * A-d-l     = At-domain *( "," At-domain ), before ":" (RFC 5321 4.1.2)
 * Skips it if it is there. */
static void
skip_route(struct lexeme *l)
{
	struct lexeme at = *l;

	while (lexeme_is(&at, '@') || lexeme_is(&at, ',')) {
		bool comma = lexeme_is(&at, ',');

		lexeme_next(&at);
		while (!comma && (at.kind == LEXEME_WORD || at.kind == LEXEME_LITERAL))
			lexeme_next(&at);
	}
	if (!lexeme_is(l, '@') || !lexeme_is(&at, ':'))
		return;
	lexeme_next(&at);
	*l = at;
}

enum address_status
address_path(struct view path, struct arena *a, struct address *out)
{
	struct lexeme l;
	struct scratch local;
	struct address found;

	path = view_trim(path);
	if (path.n > 1 && path.p[0] == '<' && path.p[path.n - 1] == '>')
		path = view_of(path.p + 1, path.n - 2);
	if (path.n == 0)
		return ADDRESS_NULL;
	if (view_is(path, "postmaster")) {
		clear(&local);
		put(&local, path);
		finish(&local, (struct view){NULL, 0}, a, out);
		return ADDRESS_OK;
	}
	lexeme_init(&l, path, true);
	skip_route(&l);
	if (!read_addr_spec(&l, a, &found) || l.kind != LEXEME_END || l.bad)
		return ADDRESS_BAD;
	*out = found;
	return ADDRESS_OK;
}

bool
address_local_part(struct view text, struct arena *a, struct address *out)
{
	struct lexeme l;
	struct scratch local;

	lexeme_init(&l, text, true);
	read_local(&l, &local, a);
	if (l.kind != LEXEME_END || l.bad || !local.set || local.over || local.n > PATH_MAX_SMTP)
		return false;
	finish(&local, (struct view){NULL, 0}, a, out);
	return true;
}

/* Local-part = Dot-string / Quoted-string; Dot-string = Atom *("." Atom) */
static bool
is_dot_string(struct view v)
{
	struct lexeme l;
	char before = '.';

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '.' && before == '.')
			return false;
		before = v.p[i];
	}
	lexeme_init(&l, v, true);
	return before != '.' && l.kind == LEXEME_WORD && l.text.n == v.n;
}

struct view
address_mailbox(const struct address *x, struct arena *a)
{
	const char *quote = is_dot_string(x->local) ? "" : "\"", *at = x->domain.p ? "@" : "";
	char *p = arena_alloc(a, 2 * x->local.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < x->local.n; i++) {
		if (*quote && (x->local.p[i] == '"' || x->local.p[i] == '\\'))
			p[n++] = '\\';
		p[n++] = x->local.p[i];
	}
	return arena_printf(a, "%s%.*s%s%s%.*s", quote, (int)n, p, quote, at, VIEW_ARG(x->domain));
}

/* A list while it is read. */
struct reader {
	struct lexeme l;
	struct arena *a;
	struct address_list *out;
	size_t room; /* items out->item has */
	bool in_group;
};

static bool
ends_item(const struct lexeme *l)
{
	return l->kind == LEXEME_END || lexeme_is(l, ',') || lexeme_is(l, ';') || lexeme_is(l, ':');
}

static void
keep(struct reader *r, const struct address *found)
{
	if (r->out->n == r->room)
		r->out->cut = true;
	else
		r->out->item[r->out->n++] = *found;
}

/* display-name = phrase; phrase = 1*word / obs-phrase: the lexemes from `from` up to the one that
 * `to` stands on, blanks and comments between them made one blank. Absent if there are none. */
static struct view
display_name(struct lexeme from, const struct lexeme *to, struct arena *a)
{
	size_t most = (size_t)(to->text.p - from.text.p) + 1, n = 0;
	char *p;

	if (from.text.p == to->text.p)
		return (struct view){NULL, 0};
	p = arena_alloc(a, most);
	for (; from.text.p != to->text.p; lexeme_next(&from)) {
		bool quoted = from.kind == LEXEME_QUOTED;
		struct view v = quoted ? lexeme_unquote(from.text, a) : from.text;

		if (n && from.spaced)
			p[n++] = ' ';
		memcpy(p + n, v.p, v.n);
		n += v.n;
	}
	return view_of(p, n);
}

/* angle-addr = [CFWS] "<" addr-spec ">" [CFWS] / obs-angle-addr. Stands behind ">" then, or where
 * there should be one. */
static void
read_angle(struct reader *r, struct view display)
{
	struct lexeme *l = &r->l;
	struct address found;

	lexeme_next(l);
	skip_route(l);
	if (read_addr_spec(l, r->a, &found)) {
		found.display = display;
		keep(r, &found);
	}
	for (; !lexeme_is(l, '>'); lexeme_next(l)) {
		l->bad = true;
		if (l->kind == LEXEME_END || lexeme_is(l, '<'))
			return;
	}
	lexeme_next(l);
	l->bad |= !ends_item(l);
}

/* mailbox = name-addr / addr-spec. Which of the two it is shows at its end. Several in one item,
 * with no comma between them, are all taken: readers of mail differ in which of them they show. */
static void
read_item(struct reader *r)
{
	struct lexeme start = r->l, *l = &r->l;
	struct address found;
	bool at_sign = false;

	for (; !ends_item(l) && !lexeme_is(l, '<'); lexeme_next(l))
		at_sign |= lexeme_is(l, '@');
	if (lexeme_is(l, '<')) {
		read_angle(r, display_name(start, l, r->a));
		return;
	}
	if (lexeme_is(l, ':')) { /* group = display-name ":" [group-list] ";" [CFWS] */
		l->bad |= r->in_group || at_sign;
		r->in_group = r->out->group = true;
		lexeme_next(l);
		return;
	}
	start.bad |= l->bad;
	for (*l = start; !ends_item(l);) {
		const char *at = l->text.p;

		if (read_addr_spec(l, r->a, &found))
			keep(r, &found);
		else if (l->text.p == at)
			lexeme_next(l);
		l->bad |= !ends_item(l);
	}
}

/* Each address has its "@". */
static size_t
most_addresses(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n && n < ADDRESSES_MAX; i++)
		n += v.p[i] == '@';
	return n;
}

/* address-list = (address *("," address)) / obs-addr-list, where items may be empty. A semicolon
 * outside of a group parts items too, as some authors mean it, but is bad. */
void
address_list(struct view value, struct arena *a, struct address_list *out)
{
	struct reader r = {.a = a, .out = out, .room = most_addresses(value)};

	*out = (struct address_list){.item = arena_array(a, r.room, sizeof(struct address))};
	lexeme_init(&r.l, value, false);
	while (r.l.kind != LEXEME_END && !out->cut) {
		if (!ends_item(&r.l)) {
			read_item(&r);
			continue;
		}
		if (!lexeme_is(&r.l, ',')) {
			r.l.bad |= !r.in_group || lexeme_is(&r.l, ':');
			r.in_group = false;
		}
		lexeme_next(&r.l);
	}
	out->bad = r.l.bad;
}
