/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/format.h"

#include "policy/format/format_columns.h"
#include "policy/format/format_item.h"
#include "policy/format/format_layout.h"
#include "policy/parser/parser.h"

/* Comments between statements, and the first word of each: what the layout of a statement leaves. */
static void
place_statements(struct format_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct format_item *t = &f->item[i];

		if (t->lines || !(t->first || (t->comment && t->newlines)))
			continue;
		t->lines = i == 0 ? 0 : t->newlines > 1 ? 2 : 1;
		t->blanks = t->comment && t->column > 1 && i > 0 ? 4 : 0;
	}
}

static void
write_blanks(struct buf *out, unsigned n)
{
	while (n--)
		buf_byte(out, ' ');
}

static void
write_items(const struct format_file *f, struct buf *out)
{
	for (size_t i = 0; i < f->n; i++) {
		for (unsigned n = f->item[i].lines; n; n--)
			buf_byte(out, '\n');
		write_blanks(out, f->item[i].blanks);
		buf_add(out, f->item[i].text);
	}
	if (f->n)
		buf_byte(out, '\n');
}

static void
format(const struct ast *tree, struct view text, struct buf *out)
{
	struct format_file f;

	format_item_read(&f, text, tree, tree->arena);
	format_layout_blanks(f.item, f.n);
	for (size_t i = 0; i < f.n_statements; i++)
		format_layout_lines(&f, &f.statement[i]);
	place_statements(&f);
	format_columns_rules(&f);
	format_columns_comments(&f);
	write_items(&f, out);
}

bool
format_text(const char *file, struct view text, struct buf *out, struct diag *d)
{
	struct ast tree = {.arena = arena_new(), .alone = true};
	size_t errors = diag_errors(d);
	bool good;

	parser_text(&tree, file, text, d);
	good = diag_errors(d) == errors;
	if (good)
		format(&tree, text, out);
	arena_free(tree.arena);
	return good;
}

struct view
format_clause(struct view text, struct arena *a)
{
	struct format_file f;
	struct buf out;
	struct view copy;
	size_t n = 0;

	format_item_read(&f, text, NULL, a);
	for (size_t i = 0; i < f.n; i++)
		if (!f.item[i].comment)
			f.item[n++] = f.item[i];
	f.n = n;
	format_layout_blanks(f.item, f.n);
	buf_init(&out, text.n * 2 + 2);
	write_items(&f, &out);
	copy = arena_copy(a, view_trim(buf_view(&out)));
	buf_done(&out);
	return copy;
}
