/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads the syntax of pcre2pattern(3) as far as it must to know what belongs to what:
 *
 *   alternatives = sequence *("|" sequence)
 *   sequence     = *(atom [quantifier])
 *
 * Two things hold everywhere. To claim less than is true is always right, so an atom that is not understood
 * claims nothing; but where it ends must be certain, or what follows would be taken for more than it is:
 * when in doubt the whole expression is given up.
 */
#include "policy/regex/regex_literals.h"

#include "policy/regex/regex_part.h"

enum { DEPTH = 40 };

struct reader {
	struct view rest;
	bool caseless, extended;
	bool lost; /* given up */
	unsigned depth;
};

static void read_alternatives(struct reader *r, struct regex_part *out);

/* ---- single characters ---- */

static void
add_char(struct regex_literals *set, char c)
{
	struct regex_literal one = {.n = 1, .s = {view_lower(c)}};

	regex_part_add(set, &one);
}

/* Besides its other case, a letter may match one outside ASCII: U+212A KELVIN SIGN and U+017F LONG S. */
static void
add_letter(const struct reader *r, struct regex_literals *set, char c)
{
	static const struct regex_literal kelvin = {3, "\xe2\x84\xaa"}, long_s = {2, "\xc5\xbf"};

	add_char(set, c);
	if (r->caseless && view_lower(c) == 'k')
		regex_part_add(set, &kelvin);
	if (r->caseless && view_lower(c) == 's')
		regex_part_add(set, &long_s);
}

static void
take(struct reader *r, size_t n)
{
	if (n > r->rest.n)
		r->lost = true;
	r->rest = view_skip(r->rest, n);
}

static char
next(const struct reader *r, size_t n)
{
	return n < r->rest.n ? r->rest.p[n] : 0;
}

/* A character that stands for itself; those outside ASCII may have another case, of other bytes. */
static void
read_plain(struct reader *r, struct regex_part *out)
{
	size_t n = 1;

	while ((uint8_t)next(r, 0) >= 0xc0 && ((uint8_t)next(r, n) & 0xc0) == 0x80)
		n++;
	*out = (struct regex_part){.exact = true};
	if (n == 1) {
		add_letter(r, &out->set, next(r, 0));
	} else if (r->caseless || n > REGEX_LITERAL_MAX) {
		*out = regex_part_anything;
	} else {
		out->set.n = 1;
		out->set.literal[0].n = (uint8_t)n;
		memcpy(out->set.literal[0].s, r->rest.p, n);
	}
	take(r, n);
}

/* Up to the bracket that closes the one in front. */
static void
take_bracketed(struct reader *r, char close)
{
	take(r, view_find(r->rest, close) + 1);
}

static bool
is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool
is_hex(char c)
{
	return view_is_digit(c) || (view_lower(c) >= 'a' && view_lower(c) <= 'f');
}

/* What follows \x, \p, \g and the like: something in brackets, a letter, or digits. */
static void
take_argument(struct reader *r, char escape)
{
	char open = next(r, 0);

	if (escape == 'x' && open != '{') {
		take(r, is_hex(open));
		take(r, is_hex(open) && is_hex(next(r, 0)));
	} else if (open == '{' || open == '<') {
		take_bracketed(r, open == '{' ? '}' : '>');
	} else if (open == '\'' && (escape == 'g' || escape == 'k')) {
		take(r, 1);
		take_bracketed(r, '\'');
	} else if (is_one_of(escape, "pP")) {
		take(r, 1);
	} else {
		take(r, escape == 'g' && (open == '-' || open == '+'));
		while (view_is_digit(next(r, 0)))
			take(r, 1);
	}
}

/* "\", then one of the escapes of pcre2pattern(3); what is no letter or digit stands for itself. */
static void
read_escape(struct reader *r, struct regex_part *out)
{
	char c = next(r, 1);

	take(r, 1);
	*out = regex_part_anything;
	if (!view_is_alpha(c) && !view_is_digit(c)) {
		read_plain(r, out);
		return;
	}
	take(r, 1);
	if (is_one_of(c, "bBAZzGK"))
		*out = regex_part_nothing;
	else if (c == 'c')
		take(r, 1);
	else if (is_one_of(c, "xopPgkN") || view_is_digit(c))
		take_argument(r, c);
	else if (!is_one_of(c, "dDwWsShHvVRXaefnrt"))
		r->lost = true;
}

/* ---- classes ---- */

/* One member of a class; false: more than one character, or one that is not known. */
static bool
read_member(struct reader *r, struct regex_literals *set)
{
	char c = next(r, 0);

	if (c == '[' && is_one_of(next(r, 1), ":.=")) {
		r->lost = true;
		return false;
	}
	if (c == '\\') {
		c = next(r, 1);
		take(r, c == 'c' ? 3 : 2);
		if (view_is_alpha(c) || view_is_digit(c) || (uint8_t)c >= 0x80)
			return false;
	} else {
		take(r, 1);
	}
	if ((uint8_t)c >= 0x80 || (next(r, 0) == '-' && next(r, 1) != ']'))
		return false;
	add_letter(r, set, c);
	return true;
}

/* "[:alpha:]" within a class. */
static bool
take_posix(struct reader *r)
{
	size_t n = 2;

	if (next(r, 0) != '[' || next(r, 1) != ':')
		return false;
	n += next(r, n) == '^';
	while (next(r, n) >= 'a' && next(r, n) <= 'z')
		n++;
	if (next(r, n) != ':' || next(r, n + 1) != ']')
		return false;
	take(r, n + 2);
	return true;
}

static void
read_class(struct reader *r, struct regex_part *out)
{
	bool known = next(r, 1) != '^';
	size_t members = 0;

	*out = (struct regex_part){.exact = true};
	take(r, known ? 1 : 2);
	do {
		if (take_posix(r))
			known = false;
		else
			known &= read_member(r, &out->set);
	} while (++members && next(r, 0) != ']' && !r->lost && r->rest.n);
	take(r, 1);
	if (!known || members > 6)
		*out = regex_part_anything;
}

/* ---- groups ---- */

/* "(?i-x)" sets flags up to the end of the group that it is in, "(?i-x:...)" for its own; the reader stands
 * behind "(?". False: it is neither. */
static bool
read_flags(struct reader *r)
{
	bool on = true;
	size_t i = 0;
	char c;

	if (next(r, 0) == '^') {
		r->caseless = r->extended = false;
		i++;
	}
	for (; (c = next(r, i)) != ')' && c != ':'; i++) {
		if (c == '-' && on)
			on = false;
		else if (c == 'i')
			r->caseless = on;
		else if (c == 'x' && next(r, i + 1) != 'x')
			r->extended = on;
		else if (!is_one_of(c, "msnUJ"))
			return false;
	}
	take(r, i);
	return true;
}

static void
read_inner(struct reader *r, struct regex_part *out)
{
	if (++r->depth > DEPTH)
		r->lost = true;
	else
		read_alternatives(r, out);
	r->depth--;
	if (next(r, 0) != ')')
		r->lost = true;
	take(r, 1);
}

/* The number of bytes after "(?" that say that a group looks ahead or behind; 0: it does not. */
static size_t
look_around(const struct reader *r)
{
	if (next(r, 0) == '=' || next(r, 0) == '!')
		return 1;
	return next(r, 0) == '<' && (next(r, 1) == '=' || next(r, 1) == '!') ? 2 : 0;
}

/* After "(?P", "(?<" or "(?'": a name, up to its end. */
static void
take_name(struct reader *r)
{
	char close;

	take(r, next(r, 0) == 'P');
	close = next(r, 0) == '<' ? '>' : '\'';
	take(r, 1);
	r->lost |= !view_is_alpha(next(r, 0)) && next(r, 0) != '_';
	take_bracketed(r, close);
}

/* A group with "(?"; the flags of the reader are the caller's to restore, if the group is closed here. */
static void
read_special(struct reader *r, struct regex_part *out, bool *stays_out)
{
	size_t n = look_around(r);
	char c = next(r, 0);

	if (n) {
		take(r, n);
		read_inner(r, out);
		*out = regex_part_nothing;
	} else if (c == ':' || c == '>' || c == '|') {
		take(r, 1);
		read_inner(r, out);
	} else if (c == '<' || c == '\'' || (c == 'P' && next(r, 1) == '<')) {
		take_name(r);
		read_inner(r, out);
	} else if (c == 'P' || c == '&' || c == 'R' || c == '+' || view_is_digit(c) ||
		   (c == '-' && view_is_digit(next(r, 1)))) {
		take_bracketed(r, ')'); /* calls another group */
	} else if (!read_flags(r)) {
		r->lost = true;
	} else if (next(r, 0) == ':') {
		take(r, 1);
		read_inner(r, out);
	} else {
		take(r, 1);
		*out = regex_part_nothing;
		*stays_out = true;
	}
}

static void
read_group(struct reader *r, struct regex_part *out)
{
	bool caseless = r->caseless, extended = r->extended, stays = false;

	*out = regex_part_anything;
	take(r, 1);
	if (next(r, 0) == '?') {
		take(r, 1);
		read_special(r, out, &stays);
	} else {
		read_inner(r, out);
	}
	if (stays)
		return;
	r->caseless = caseless;
	r->extended = extended;
}

/* ---- atoms and quantifiers ---- */

/* Comments, and with the flag x white space. */
static void
take_ignored(struct reader *r)
{
	while (r->rest.n && !r->lost) {
		char c = next(r, 0);

		if (c == '(' && next(r, 1) == '?' && next(r, 2) == '#')
			take_bracketed(r, ')');
		else if (r->extended && is_one_of(c, " \t\n\v\f\r"))
			take(r, 1);
		else if (r->extended && (c == '#' || (uint8_t)c >= 0x80))
			r->lost = true; /* where it ends depends on how PCRE2 was built */
		else
			return;
	}
}

struct times {
	bool none; /* may be absent */
	bool once; /* never more than once */
};

static size_t
take_digits(struct reader *r, unsigned *out)
{
	size_t n = 0;

	for (*out = 0; view_is_digit(next(r, n)); n++)
		*out = *out < 1000 ? *out * 10 + (unsigned)(next(r, n) - '0') : *out;
	take(r, n);
	return n;
}

/* "{2}", "{2,}" or "{2,5}"; other forms are quantifiers in some versions and text in others. */
static void
read_braces(struct reader *r, struct times *t)
{
	unsigned low, high;

	take(r, 1);
	r->lost |= take_digits(r, &low) == 0;
	high = low;
	if (next(r, 0) == ',') {
		take(r, 1);
		if (take_digits(r, &high) == 0)
			high = 2;
	}
	r->lost |= next(r, 0) != '}';
	take(r, 1);
	*t = (struct times){t->none || low == 0, t->once && high <= 1};
}

static struct times
read_quantifiers(struct reader *r)
{
	struct times t = {false, true};

	for (;;) {
		take_ignored(r);
		switch (next(r, 0)) {
		case '*':
			t = (struct times){true, false};
			break;
		case '+': /* or it makes the one before it possessive */
			t.once = false;
			break;
		case '?': /* or lazy */
			t.none = true;
			break;
		case '{':
			read_braces(r, &t);
			continue;
		default:
			return t;
		}
		take(r, 1);
	}
}

static void
read_atom(struct reader *r, struct regex_part *out)
{
	switch (next(r, 0)) {
	case '(':
		read_group(r, out);
		return;
	case '[':
		read_class(r, out);
		return;
	case '\\':
		read_escape(r, out);
		return;
	case '.':
		*out = regex_part_anything;
		take(r, 1);
		return;
	case '^':
	case '$':
		*out = regex_part_nothing;
		take(r, 1);
		return;
	default:
		read_plain(r, out);
	}
}

static void
read_sequence(struct reader *r, struct regex_part *out)
{
	struct regex_sequence s = REGEX_SEQUENCE_START;
	struct regex_part atom;

	for (;;) {
		struct times t;

		take_ignored(r);
		if (r->rest.n == 0 || next(r, 0) == '|' || next(r, 0) == ')' || r->lost)
			break;
		read_atom(r, &atom);
		t = read_quantifiers(r);
		if (t.none && t.once)
			regex_part_optional(&atom);
		else if (t.none)
			atom = regex_part_anything;
		if (t.once)
			regex_part_append(&s, &atom);
		else
			regex_part_append_repeated(&s, &atom);
	}
	regex_part_finish(&s, out);
}

static void
read_alternatives(struct reader *r, struct regex_part *out)
{
	struct regex_part branch;

	read_sequence(r, out);
	while (next(r, 0) == '|' && !r->lost) {
		take(r, 1);
		read_sequence(r, &branch);
		regex_part_or(out, &branch);
	}
}

static bool
has(struct view v, const char *text)
{
	return view_search_nocase(v, view_str(text)) < v.n;
}

void
regex_literals_read(struct view source, struct regex_literals *out)
{
	size_t end = view_rfind(source, '/');
	struct view flags = view_skip(source, end + 1);
	struct reader r = {.rest = view_skip(view_head(source, end), 1),
		.caseless = view_find(flags, 'i') < flags.n,
		.extended = view_find(flags, 'x') < flags.n};
	struct regex_part all = regex_part_anything;

	out->n = 0;
	if (has(r.rest, "\\Q") || has(r.rest, "\\E") || has(r.rest, "(*") || has(r.rest, "(?("))
		return;
	read_alternatives(&r, &all);
	if (!r.lost && r.rest.n == 0 && regex_part_shortest(&all.set) >= REGEX_LITERAL_MIN)
		*out = all.set;
}
