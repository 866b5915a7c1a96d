/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authres_read.h"

#include "mail/lexeme.h"

struct reading {
	struct view rest;
	bool no_comments, no_quotes; /* one without end was seen: none of those that follow has one */
	struct arena *arena;
	struct authres_field *out;
};

/* Blanks and comments; a comment without end stays, and is looked for only once: time is linear. */
static void
skip_blanks(struct reading *r)
{
	for (;;) {
		size_t n = 0;

		while (n < r->rest.n && view_is_space(r->rest.p[n]))
			n++;
		r->rest = view_skip(r->rest, n);
		if (r->no_comments || !r->rest.n || r->rest.p[0] != '(')
			return;
		n = lexeme_comment(r->rest);
		r->no_comments = n == 0;
		r->rest = view_skip(r->rest, n);
	}
}

/* Length of the quoted string that is next; 0 if there is none or it has no end. */
static size_t
quoted(struct reading *r)
{
	size_t n;

	if (r->no_quotes || !r->rest.n || r->rest.p[0] != '"')
		return 0;
	n = lexeme_quoted(r->rest);
	r->no_quotes = n == 0;
	return n;
}

static bool
take(struct reading *r, char c)
{
	skip_blanks(r);
	if (!r->rest.n || r->rest.p[0] != c)
		return false;
	r->rest = view_skip(r->rest, 1);
	return true;
}

/* Bytes up to a blank, a comment, or one of the field's own signs. */
static struct view
take_word(struct reading *r, const char *ends)
{
	size_t n = 0;

	skip_blanks(r);
	while (n < r->rest.n && !view_is_space(r->rest.p[n]) && !strchr(ends, r->rest.p[n]))
		n++;
	r->rest = view_skip(r->rest, n);
	return view_of(r->rest.p - n, n);
}

/* value = token / quoted-string; of a pvalue also [ local-part ] "@" domain-name */
static struct view
take_value(struct reading *r)
{
	size_t n;
	struct view v;

	skip_blanks(r);
	n = quoted(r);
	if (!n)
		return take_word(r, ";()\"");
	v = lexeme_unquote(view_head(r->rest, n), r->arena);
	r->rest = view_skip(r->rest, n);
	if (r->rest.n && r->rest.p[0] == '@') { /* "local part"@domain */
		struct view domain = take_word(r, ";()\"");

		v = arena_printf(r->arena, "%.*s%.*s", VIEW_ARG(v), VIEW_ARG(domain));
	}
	return v;
}

/* Up to the next semicolon that stands in no quotes and no comment. */
static void
skip_result(struct reading *r)
{
	while (skip_blanks(r), r->rest.n && r->rest.p[0] != ';') {
		size_t n = quoted(r);

		r->rest = view_skip(r->rest, n ? n : 1);
	}
}

/* key [CFWS] "=" [CFWS] value. False: there is none. */
static bool
take_pair(struct reading *r, struct view *key, struct view *value)
{
	*key = take_word(r, "=;()\"/");
	if (key->n && take(r, '/')) /* the version of a method */
		take_word(r, "=;()\"");
	if (key->n == 0 || !take(r, '='))
		return false;
	*value = take_value(r);
	return value->n > 0;
}

/* resinfo = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ] */
static void
take_result(struct reading *r)
{
	struct authres_result one = {.n_props = 0};
	struct view key, value;

	if (!take_pair(r, &key, &value)) {
		r->out->bad |= !view_is(key, "none");
		return;
	}
	one.method = arena_lower(r->arena, key);
	one.result = arena_lower(r->arena, value);
	while (skip_blanks(r), r->rest.n && r->rest.p[0] != ';') {
		if (!take_pair(r, &key, &value)) {
			r->out->bad = true;
			break;
		}
		if (view_is(key, "reason"))
			one.reason = value;
		else if (one.n_props < AUTHRES_PROPS)
			one.prop[one.n_props++] = (struct authres_prop){arena_lower(r->arena, key), value};
	}
	if (r->out->n < AUTHRES_READ_MAX)
		r->out->result[r->out->n++] = one;
	else
		r->out->bad = true;
}

void
authres_read(struct view value, struct arena *a, struct authres_field *out)
{
	struct reading r = {.rest = value, .arena = a, .out = out};

	*out = (struct authres_field){.id = authres_id(value, a)};
	if (!out->id.p)
		return;
	skip_result(&r); /* the id, and a version behind it */
	while (take(&r, ';')) {
		take_result(&r);
		skip_result(&r);
	}
}

const struct authres_result *
authres_read_find(const struct authres_field *f, const char *method)
{
	for (size_t i = 0; i < f->n; i++)
		if (view_eq_str(f->result[i].method, method))
			return &f->result[i];
	return NULL;
}

struct view
authres_read_prop(const struct authres_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_props; i++)
		if (view_eq_str(r->prop[i].name, name))
			return r->prop[i].value;
	return (struct view){NULL, 0};
}
