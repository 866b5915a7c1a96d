/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/format_law.h"

#include "policy/format.h"
#include "policy/format/format_item.h"
#include "policy/parser/parser.h"
#include "tests/lib/rule_tree.h"

enum { MAX = 64 << 20 };

/* The tree as text; *errors_out counts the mistakes. */
static void
write_tree(struct view text, struct buf *out, size_t *errors_out)
{
	struct ast tree = {.arena = arena_new(), .alone = true};
	struct diag *d = diag_new();

	parser_text(&tree, "law.rules", text, d);
	for (const struct ast_statement *s = tree.first; s; s = s->next)
		rule_tree_write(out, s);
	*errors_out = diag_errors(d);
	diag_free(d);
	arena_free(tree.arena);
}

static bool
same_tree(struct view a, struct view b)
{
	struct buf one, two;
	size_t errors_a, errors_b;
	bool same;

	buf_init(&one, MAX);
	buf_init(&two, MAX);
	write_tree(a, &one, &errors_a);
	write_tree(b, &two, &errors_b);
	same = errors_a == 0 && errors_b == 0 && view_eq(buf_view(&one), buf_view(&two));
	buf_done(&one);
	buf_done(&two);
	return same;
}

static bool
same_items(struct view a, struct view b)
{
	struct arena *arena = arena_new();
	struct format_file one, two;
	bool same;

	format_item_read(&one, a, NULL, arena);
	format_item_read(&two, b, NULL, arena);
	same = one.n == two.n;
	for (size_t i = 0; same && i < one.n; i++)
		same = one.item[i].comment == two.item[i].comment &&
		       view_eq(one.item[i].text, two.item[i].text);
	arena_free(arena);
	return same;
}

static const char *
fault(struct view text, struct view once, struct view twice)
{
	if (!same_tree(text, once))
		return "the tree is another one";
	if (!same_items(text, once))
		return "a token or comment is lost or moved";
	return view_eq(once, twice) ? NULL : "the second time it looks otherwise";
}

enum format_law
format_law_check(struct view text, const char **why_out)
{
	struct diag *d = diag_new();
	struct buf once, twice;
	enum format_law law = FORMAT_LAW_REFUSED;
	const char *why;

	buf_init(&once, MAX);
	buf_init(&twice, MAX);
	if (format_text("law.rules", text, &once, d)) {
		why = format_text("law.rules", buf_view(&once), &twice, d)
			      ? fault(text, buf_view(&once), buf_view(&twice))
			      : "what comes out is refused";
		law = why ? FORMAT_LAW_WRONG : FORMAT_LAW_KEPT;
		if (why)
			*why_out = why;
	}
	buf_done(&once);
	buf_done(&twice);
	diag_free(d);
	return law;
}
