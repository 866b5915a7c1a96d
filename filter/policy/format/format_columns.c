/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/format/format_columns.h"

#include "policy/format.h"

/* Comments behind longer lines than this stand where their line ends. */
enum { COMMENT_COLUMN_MAX = 72 };

/* A rule whose `when` stands on its first line. */
struct row {
	const struct format_statement *s;
	size_t when, first, second, end; /* items; first and second clause behind it, or end */
	unsigned head, condition, effect, rest; /* columns: NAME; when ...; first; second and on */
	bool apart;                      /* too long for the others' column */
};

static unsigned
columns(const struct format_file *f, size_t from, size_t to)
{
	unsigned w = 0;

	for (size_t i = from; i < to; i++)
		w += (i > from ? f->item[i].blanks : 0) + format_item_columns(f->item[i].text);
	return w;
}

/* The next clause on the same line, or its end. */
static size_t
next(const struct format_file *f, size_t i, size_t end)
{
	if (i == end)
		return end;
	for (i++; i < end && !f->item[i].clause;)
		i++;
	return i;
}

static bool
read_row(const struct format_file *f, const struct format_statement *s, struct row *r)
{
	size_t end = s->from + 1;

	while (end < s->to && f->item[end].lines == 0)
		end++;
	*r = (struct row){.s = s, .when = next(f, s->from, end), .end = end};
	if (s->kind != AST_RULE || r->when == end || !format_item_is(&f->item[r->when], "when"))
		return false;
	r->first = next(f, r->when, end);
	r->second = next(f, r->first, end);
	r->head = columns(f, s->from, r->when);
	r->condition = columns(f, r->when, r->first);
	r->effect = columns(f, r->first, r->second);
	r->rest = columns(f, r->second, end);
	return true;
}

static bool
pads(const struct format_file *f, const struct row *r)
{
	return !r->apart && r->second < r->end && format_item_is(&f->item[r->first], "score");
}

/* ---- one block of rules ---- */

struct block {
	struct row *row;
	size_t n;
	unsigned head, condition, effect; /* the widest of each */
};

static void
measure(const struct format_file *f, struct block *b)
{
	b->condition = b->effect = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct row *r = &b->row[i];

		if (r->first == r->end || r->apart)
			continue;
		if (r->condition > b->condition)
			b->condition = r->condition;
		if (pads(f, r) && r->effect > b->effect)
			b->effect = r->effect;
	}
}

static unsigned
total(const struct format_file *f, const struct block *b, const struct row *r)
{
	unsigned w = b->head + 2 + b->condition + 2;

	w += pads(f, r) ? b->effect : r->effect;
	return r->second < r->end ? w + 2 + r->rest : w;
}

/* The widest condition stands apart while a line would be too long. */
static bool
put_apart(const struct format_file *f, struct block *b)
{
	bool too_long = false;

	for (size_t i = 0; i < b->n; i++)
		too_long |= b->row[i].first < b->row[i].end && !b->row[i].apart &&
			    total(f, b, &b->row[i]) > FORMAT_COLUMNS;
	if (!too_long)
		return false;
	for (size_t i = 0; i < b->n; i++)
		if (b->row[i].first < b->row[i].end && b->row[i].condition == b->condition)
			b->row[i].apart = true;
	return true;
}

static void
align_row(struct format_file *f, const struct block *b, const struct row *r)
{
	unsigned pad = b->head - r->head;
	unsigned line = columns(f, r->s->from, r->end);

	if (line + pad <= FORMAT_COLUMNS)
		f->item[r->when].blanks = 2 + pad;
	if (r->apart || r->first == r->end)
		return;
	f->item[r->first].blanks = 2 + b->condition - r->condition;
	if (pads(f, r))
		f->item[r->second].blanks = 2 + b->effect - r->effect;
}

static void
align(struct format_file *f, struct block *b)
{
	b->head = 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->row[i].head > b->head)
			b->head = b->row[i].head;
	do
		measure(f, b);
	while (put_apart(f, b));
	for (size_t i = 0; i < b->n; i++)
		align_row(f, b, &b->row[i]);
}

/* ---- all ---- */

/* No blank line and no comment of its own between them. */
static bool
are_neighbours(const struct format_file *f, const struct format_statement *a,
	const struct format_statement *b)
{
	for (size_t i = a->to; i < b->from; i++)
		if (f->item[i].newlines)
			return false;
	return f->item[b->from].newlines == 1;
}

void
format_columns_rules(struct format_file *f)
{
	struct block b = {.row = arena_array(f->arena, f->n_statements, sizeof(*b.row))};

	for (size_t i = 0; i < f->n_statements; i++) {
		const struct format_statement *s = &f->statement[i];

		if (b.n && !are_neighbours(f, s - 1, s)) {
			align(f, &b);
			b.n = 0;
		}
		if (read_row(f, s, &b.row[b.n])) {
			b.n++;
			continue;
		}
		align(f, &b);
		b.n = 0;
	}
	align(f, &b);
}

/* The columns of each line with a comment behind it, of neighbouring lines the most. */
void
format_columns_comments(struct format_file *f)
{
	size_t *comment = arena_array(f->arena, f->n, sizeof(*comment)), n = 0;
	unsigned *at = arena_array(f->arena, f->n, sizeof(*at)), line = 0, most = 0;
	bool commented = true;

	for (size_t i = 0; i <= f->n; i++) {
		const struct format_item *t = i < f->n ? &f->item[i] : NULL;
		bool ends = !t || (t->lines && (t->lines > 1 || !commented));

		for (size_t k = 0; ends && k < n; k++)
			f->item[comment[k]].blanks += at[k] <= most ? most - at[k] : 0;
		if (ends)
			n = 0, most = 0;
		if (!t)
			break;
		if (t->lines) {
			line = 0;
			commented = false;
		}
		if (t->comment && t->lines == 0 && i > 0) {
			comment[n] = i;
			at[n++] = line;
			commented = true;
			if (line > most && line <= COMMENT_COLUMN_MAX)
				most = line;
		}
		line += t->blanks + format_item_columns(t->text);
	}
}
