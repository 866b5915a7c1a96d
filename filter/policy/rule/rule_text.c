/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_text.h"

#include "policy/rule/rule_operand.h"

bool
rule_text_next(struct view *rest, struct view *literal_out, struct view *name_out)
{
	size_t open = view_find(*rest, '{'), close;

	if (!rest->p || rest->n == 0)
		return false;
	close = open + view_find(view_skip(*rest, open), '}');
	if (close >= rest->n)
		open = close = rest->n; /* no pair of braces left */
	*literal_out = view_head(*rest, open);
	*name_out = open < rest->n ? view_of(rest->p + open + 1, close - open - 1)
				   : (struct view){NULL, 0};
	*rest = view_skip(*rest, close + 1);
	return true;
}

static bool
is_own_name(struct view name)
{
	return view_eq_str(name, "rule") || view_eq_str(name, "score") ||
	       view_eq_str(name, "queue-id");
}

/* ---- checking ---- */

/* The place of {name} within the text, as it stands in its line. */
static struct place
place_of(const struct ast_word *w, struct view name)
{
	struct place at = w->at;
	struct view line = view_skip(at.source, at.column - 1);
	struct view whole = view_of(name.p - 1, name.n + 2);
	size_t offset = line.p ? view_search_nocase(line, whole) : line.n;

	if (offset < line.n)
		at.column += (uint32_t)offset;
	at.width = (uint32_t)whole.n;
	return at;
}

static void
check_name(struct rule_check *c, const struct ast_word *w, struct view name, enum stage by)
{
	struct place at = place_of(w, name);
	const struct fact_def *def;
	size_t owner;
	bool made;

	if (is_own_name(name))
		return;
	def = fact_table_find(c->set->options->facts, name, &owner);
	if (!def || def->arg) {
		c->lost_fact = true;
		diag_error(c->set->diag, &at, def ? NULL : rule_operand_hint(c, name),
			def ? "'%.*s' needs an argument, which a text cannot hold"
			    : "unknown fact '%.*s' in this text",
			VIEW_ARG(view_head(name, 80)));
		return;
	}
	if (def->stage > by) {
		diag_error(c->set->diag, &at, NULL, "'%s' is not known yet at '%s'", def->name,
			stage_name(by));
		return;
	}
	rule_operand_provided(c, name, &at);
	if (c->finding)
		c->finding->per_rcpt |= def->per_rcpt;
	if (c->emit)
		rule_slots_get(&c->slots, def, owner, (struct view){NULL, 0}, &made);
}

void
rule_text_check(struct rule_check *c, const struct ast_word *w, enum stage by)
{
	struct view rest = w ? w->text : (struct view){NULL, 0}, literal, name;

	while (rule_text_next(&rest, &literal, &name))
		if (name.p)
			check_name(c, w, name, by);
}

/* ---- filling in ---- */

/* A text of at most max bytes that is written piece by piece. */
struct writer {
	char *p;
	size_t n, max;
};

static bool
is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static void
put(struct writer *w, struct view v)
{
	for (size_t i = 0; i < v.n && w->n < w->max; i++)
		if (!is_control((unsigned char)v.p[i]))
			w->p[w->n++] = v.p[i];
}

static void
put_score(struct writer *w, int32_t score, struct arena *a)
{
	static const struct fact_def def = {.name = "score", .type = FACT_NUMBER};
	struct fact_value v = fact_number(score);

	put(w, fact_format(&def, &v, a));
}

static void
put_fact(struct writer *w, const struct program_eval *e, struct view name, struct arena *a)
{
	size_t slot = program_slot(e->program, name, (struct view){NULL, 0});

	if (slot != SIZE_MAX)
		put(w, fact_format(e->program->slots[slot].def, e->fact(e->ctx, slot), a));
}

static void
put_name(struct writer *w, const struct program_eval *e, struct view name,
	const struct program_names *names, struct arena *a)
{
	if (view_eq_str(name, "rule"))
		put(w, names->rule);
	else if (view_eq_str(name, "score"))
		put_score(w, names->score, a);
	else if (view_eq_str(name, "queue-id"))
		put(w, names->queue_id);
	else
		put_fact(w, e, name, a);
}

/* A UTF-8 character that was cut in half goes as a whole. */
static size_t
whole_characters(const struct writer *w)
{
	size_t n = w->n, tail = 0;

	if (w->n < w->max)
		return n;
	while (n > 0 && tail < 3 && ((unsigned char)w->p[n - 1] & 0xc0) == 0x80) {
		n--;
		tail++;
	}
	if (n > 0 && (unsigned char)w->p[n - 1] >= 0xc0) {
		unsigned char lead = (unsigned char)w->p[n - 1];
		size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;

		return tail == want ? w->n : n - 1;
	}
	return w->n;
}

struct view
rule_text_fill(const struct program_eval *e, struct view text, const struct program_names *names,
	size_t max, struct arena *a)
{
	struct writer w = {.p = arena_alloc(a, max), .max = max};
	struct view literal, name;

	while (rule_text_next(&text, &literal, &name)) {
		put(&w, literal);
		if (name.p)
			put_name(&w, e, name, names, a);
	}
	return view_of(w.p, whole_characters(&w));
}
