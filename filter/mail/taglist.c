/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/taglist.h"

/* Length of the FWS at the front of v. A line end counts only with a blank behind it.
 *
 *	FWS = [*WSP CRLF] 1*WSP */
static size_t
fws(struct view v)
{
	size_t i = 0;

	for (;;) {
		size_t end = i;

		if (end < v.n && v.p[end] == '\r')
			end++;
		if (end < v.n && v.p[end] == '\n')
			end++;
		else
			end = i;
		if (end >= v.n || (v.p[end] != ' ' && v.p[end] != '\t'))
			return i;
		i = end + 1;
	}
}

static bool
is_name_byte(char c)
{
	return view_is_alpha(c) || view_is_digit(c) || c == '_';
}

/* VALCHAR = %x21-3A / %x3C-7E, and UTF8-non-ascii of RFC 8616 section 3 */
static bool
is_value_byte(char c)
{
	unsigned char u = (unsigned char)c;

	return u > 0x20 && u != ';' && u != 0x7f;
}

/*
 * tag-spec  = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
 * tag-name  = ALPHA *ALNUMPUNC
 * tag-value = [ tval *( 1*(WSP / FWS) tval ) ]
 */
static const char *
read_tag(struct view *rest, struct tag *out)
{
	size_t i = fws(*rest), start = i;

	if (i >= rest->n || !view_is_alpha(rest->p[i]))
		return "tag without a name";
	while (i < rest->n && is_name_byte(rest->p[i]))
		i++;
	out->name = view_of(rest->p + start, i - start);
	i += fws(view_skip(*rest, i));
	if (i >= rest->n || rest->p[i] != '=')
		return "tag without '='";
	i++;
	i += fws(view_skip(*rest, i));
	start = i;
	for (size_t blank = 0; i < rest->n && rest->p[i] != ';'; i += blank ? blank : 1) {
		blank = fws(view_skip(*rest, i));
		if (!blank && !is_value_byte(rest->p[i]))
			return "byte that no tag value may have";
	}
	out->value = view_trim(view_of(rest->p + start, i - start));
	*rest = view_skip(*rest, i);
	return NULL;
}

/* tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
 * Blanks behind the last semicolon, which the grammar forgot, are common and harmless. */
bool
taglist_read(struct view text, struct taglist *out, const char **why_out)
{
	struct view rest = text;

	out->n = 0;
	do {
		struct tag t;
		const char *why = read_tag(&rest, &t);

		for (size_t i = 0; !why && i < out->n; i++)
			if (view_eq(out->tag[i].name, t.name))
				why = "the same tag twice";
		if (!why && out->n == TAGLIST_TAGS)
			why = "too many tags";
		if (why) {
			*why_out = why;
			return false;
		}
		out->tag[out->n++] = t;
		rest = view_skip(rest, 1);
	} while (view_trim(rest).n > 0);
	return true;
}

struct view
taglist_get(const struct taglist *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (view_eq_str(l->tag[i].name, name))
			return l->tag[i].value;
	return (struct view){NULL, 0};
}

struct view
taglist_compact(struct view value, struct arena *a)
{
	char *p;
	size_t n = 0;

	if (!value.p)
		return value;
	p = arena_alloc(a, value.n + 1);
	for (size_t i = 0; i < value.n; i++)
		if (!view_is_space(value.p[i]))
			p[n++] = value.p[i];
	return view_of(p, n);
}

bool
taglist_next(struct view *rest, struct tag *out)
{
	struct view piece;
	size_t eq;

	if (!view_split(rest, ';', &piece))
		return false;
	eq = view_find(piece, '=');
	out->name = view_trim(view_head(piece, eq));
	out->value = eq < piece.n ? view_trim(view_skip(piece, eq + 1)) : (struct view){NULL, 0};
	return true;
}
