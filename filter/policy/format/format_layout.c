/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/format/format_layout.h"

#include "policy/format.h"

enum { INDENT = 4, HANG = 2 * INDENT };

/* ---- within a line ---- */

static bool
is_punct(const struct format_item *i, char c)
{
	return !i->comment && i->kind == TOKEN_PUNCT && i->text.p[0] == c;
}

/* "header(", "count(", but "not (" and "when (". */
static bool
takes_argument(const struct format_item *i)
{
	static const char *const words[] = {"when", "unless", "for", "and", "or", "not", "of"};

	for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
		if (format_item_is(i, words[k]))
			return false;
	return !i->comment && i->kind == TOKEN_WORD && !i->in_set;
}

static unsigned
blanks(const struct format_item *before, const struct format_item *i)
{
	if (i->comment || i->clause)
		return 2;
	if (is_punct(i, ',') || is_punct(i, ')') || is_punct(before, '('))
		return 0;
	return is_punct(i, '(') && takes_argument(before) ? 0 : 1;
}

void
format_layout_blanks(struct format_item *item, size_t n)
{
	for (size_t i = 0; i < n; i++)
		item[i].blanks = i == 0 || item[i].first ? 0 : blanks(&item[i - 1], &item[i]);
}

/* Columns of the items [from, to) on one line, without what stands in front. */
static unsigned
width(const struct format_file *f, size_t from, size_t to)
{
	unsigned w = 0;

	for (size_t i = from; i < to; i++)
		w += (i > from ? f->item[i].blanks : 0) + format_item_columns(f->item[i].text);
	return w;
}

static void
new_line(struct format_item *i, unsigned indent)
{
	i->lines = 1;
	i->blanks = indent;
}

/* ---- filling ---- */

/* May a line that is too long end before this item? */
static bool
may_break(const struct format_item *i)
{
	const struct format_item *before = i - 1;

	if (is_punct(i, ',') || is_punct(i, ')') || is_punct(i, '}') || is_punct(before, '{'))
		return false;
	if (i->in_set)
		return i->inside == '{';
	return is_punct(before, ',') || format_item_is(i, "and") || format_item_is(i, "or");
}

/* Lets the items behind `from`, up to `to`, flow on from column `at`, and hang by `indent`. */
static void
fill(struct format_file *f, size_t from, size_t to, unsigned at, unsigned indent)
{
	for (size_t i = from + 1, end; i < to; i = end) {
		unsigned w;

		for (end = i + 1; end < to && !may_break(&f->item[end]);)
			end++;
		w = width(f, i, end);
		if (may_break(&f->item[i]) && at + f->item[i].blanks + w > FORMAT_COLUMNS) {
			new_line(&f->item[i], indent);
			at = 0;
		}
		at += f->item[i].blanks + w;
	}
}

/* The items [from, to) on a line of their own, or several. */
static void
fill_line(struct format_file *f, size_t from, size_t to, unsigned hang)
{
	struct format_item *i = &f->item[from];

	new_line(i, INDENT);
	fill(f, from, to, INDENT + format_item_columns(i->text), hang);
}

/* ---- statements ---- */

/* Where the next clause begins, or the statement ends. */
static size_t
next_clause(const struct format_file *f, const struct format_statement *s, size_t i)
{
	for (i++; i < s->to && !f->item[i].clause;)
		i++;
	return i < s->to ? i : s->to;
}

/* The lines are as they were written; only their indentation is the house's. */
static void
keep_lines(struct format_file *f, struct format_statement *s)
{
	bool list = s->kind == AST_LIST;

	for (size_t i = s->from + 1; i < s->to; i++) {
		struct format_item *t = &f->item[i];
		bool closing = is_punct(t, '}') || is_punct(t, ')');
		unsigned depth = t->depth - (closing && t->depth > 0) + !list;

		s->one_line &= t->newlines == 0;
		if (t->newlines == 0)
			continue;
		if (!closing && depth == 0)
			depth = 1;
		new_line(t, t->comment && t->column == 1 ? 0 : INDENT * depth);
		t->lines = t->newlines > 1 ? 2 : 1;
	}
}

static bool
was_one_line(const struct format_file *f, const struct format_statement *s)
{
	for (size_t i = s->from + 1; i < s->to; i++)
		if (f->item[i].newlines)
			return false;
	return true;
}

/* The names of the codes of a DNS list have one width. */
static unsigned
code_column(const struct format_file *f, const struct format_statement *s)
{
	unsigned most = 0;

	for (size_t i = s->from; i + 2 < s->to; i++) {
		unsigned n = format_item_columns(f->item[i + 1].text);

		if (f->item[i].clause && format_item_is(&f->item[i], "code") && n > most)
			most = n;
	}
	return most + 1;
}

/* Head, then one clause a line. */
static void
clause_lines(struct format_file *f, struct format_statement *s)
{
	size_t first = next_clause(f, s, s->from), end;
	unsigned column = s->kind == AST_DNSBL ? code_column(f, s) : 0;

	fill(f, s->from, first, format_item_columns(f->item[s->from].text), HANG);
	for (size_t i = first; i < s->to; i = end) {
		bool code = s->kind == AST_DNSBL && format_item_is(&f->item[i], "code");

		end = next_clause(f, s, i);
		if (code && i + 2 < end)
			f->item[i + 2].blanks = column - format_item_columns(f->item[i + 1].text);
		fill_line(f, i, end, code ? INDENT + 5 + column : HANG);
	}
}

static void
rule_lines(struct format_file *f, struct format_statement *s)
{
	size_t when = next_clause(f, s, s->from), rest = next_clause(f, s, when);

	if (when == s->to || !format_item_is(&f->item[when], "when") ||
		width(f, s->from, rest) > FORMAT_COLUMNS)
		clause_lines(f, s);
	else if (INDENT + width(f, rest, s->to) <= FORMAT_COLUMNS)
		new_line(&f->item[rest], INDENT);
	else
		for (size_t i = rest; i < s->to; i = next_clause(f, s, i))
			fill_line(f, i, next_clause(f, s, i), HANG);
}

static void
list_lines(struct format_file *f, struct format_statement *s)
{
	for (size_t i = s->from + 1; i < s->to; i++) {
		size_t end = i + 1;

		if (!is_punct(&f->item[i - 1], '{') || f->item[i].inside != '{')
			continue;
		while (end < s->to && !(is_punct(&f->item[end], '}') && f->item[end].inside == '{'))
			end++;
		if (end < s->to)
			fill_line(f, i, end, INDENT);
		if (end < s->to)
			new_line(&f->item[end], 0);
		i = end;
	}
}

/* Kinds whose lines are the house's, however they were written. */
static bool
is_joined(enum ast_kind k)
{
	return k != AST_LIST && k != AST_DNSBL && k != AST_POLICY && k != AST_TEST;
}

void
format_layout_lines(struct format_file *f, struct format_statement *s)
{
	bool one_line = was_one_line(f, s);

	s->one_line = true;
	if (s->keep || (s->kind == AST_LIST && !one_line)) {
		keep_lines(f, s);
		return;
	}
	if (width(f, s->from, s->to) <= FORMAT_COLUMNS && (one_line || is_joined(s->kind)))
		return;
	s->one_line = false;
	if (s->kind == AST_RULE)
		rule_lines(f, s);
	else if (s->kind == AST_LIST)
		list_lines(f, s);
	else if (s->kind == AST_DNSBL || s->kind == AST_POLICY || s->kind == AST_TEST)
		clause_lines(f, s);
	else
		fill(f, s->from, s->to, format_item_columns(f->item[s->from].text), INDENT);
}
