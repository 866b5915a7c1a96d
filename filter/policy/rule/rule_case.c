/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_case.h"

#include "policy/rule/rule_operand.h"

/* ---- given ---- */

/* dnsbl.NAME takes the list's raw answers. */
static bool
is_raw(const struct rule_check *c, struct view fact)
{
	const struct dnsbl_fact *f = name_table_find(&c->dnsbl_facts, fact);

	return f && f->code == SIZE_MAX;
}

static void
check_item(struct rule_check *c, const struct fact_def *def, const struct ast_word *w)
{
	struct fact_value v;
	struct ip ip;

	if (is_raw(c, view_str(def->name))) {
		if (!ip_parse(w->text, &ip) || ip.family != 4)
			diag_error(c->set->diag, &w->at,
				"write what the list answers, for example 127.0.0.2",
				"'%.*s' is not an answer of a DNS list",
				VIEW_ARG(view_head(w->text, 80)));
		return;
	}
	if (!fact_parse(def, w->text, c->set->arena, &v))
		diag_error(c->set->diag, &w->at,
			def->values ? arena_printf(c->set->arena, "values: %s", def->values).p
				    : NULL,
			"'%.*s' does not fit '%s', which is a %s", VIEW_ARG(view_head(w->text, 80)),
			def->name, fact_type_name(def->type));
}

static void
read_items(struct rule_check *c, const struct fact_def *def, const struct ast_given *from,
	struct program_given *out)
{
	struct view *item =
		arena_array(c->set->arena, from->set ? from->set->n + 1 : 1, sizeof(*item));
	bool several = def->list || is_raw(c, from->fact.text);

	out->item = item;
	if (from->set && !several) {
		diag_error(c->set->diag, &from->set->at, NULL, "'%s' has one value", def->name);
	} else if (from->set) {
		for (const struct ast_item *i = from->set->items; i; i = i->next) {
			check_item(c, def, &i->word);
			item[out->n++] = i->word.text;
		}
	} else if (from->value) {
		check_item(c, def, from->value);
		item[out->n++] = from->value->text;
	} else if (def->type == FACT_BOOL && !is_raw(c, from->fact.text)) {
		item[out->n++] = VIEW("yes");
	} else {
		diag_error(
			c->set->diag, &from->fact.at, NULL, "'%s' needs a value here", def->name);
	}
}

static void
read_given(struct rule_check *c, const struct ast_given *from, struct program_given *out)
{
	const struct fact_def *def = fact_table_find(c->set->options->facts, from->fact.text, NULL);

	*out = (struct program_given){.fact = from->fact.text, .line = from->fact.at.line};
	if (from->arg)
		out->arg = arena_lower(c->set->arena, from->arg->text);
	if (!def || def->arg != (from->arg != NULL)) {
		diag_error(c->set->diag, &from->fact.at,
			!def       ? rule_operand_hint(c, from->fact.text)
			: def->arg ? "it needs an argument: FACT(\"Name\")"
				   : "it takes no argument",
			"unknown fact '%.*s'", VIEW_ARG(view_head(from->fact.text, 80)));
		return;
	}
	if (from->arg && !rule_operand_arg(c, from->arg))
		return;
	out->kind = from->kind == AST_GIVEN_UNKNOWN   ? GIVEN_UNKNOWN
		    : from->kind == AST_GIVEN_MISSING ? GIVEN_MISSING
						      : GIVEN_VALUE;
	if (out->kind == GIVEN_VALUE)
		read_items(c, def, from, out);
}

/* ---- expect ---- */

static void
read_expect(struct rule_check *c, const struct ast_expect *from, struct program_expect *out)
{
	struct rule_def *r;

	*out = (struct program_expect){.negated = from->negated, .line = from->word.at.line};
	switch (from->kind) {
	case AST_EXPECT_SCORE:
		out->kind = EXPECT_SCORE;
		out->score = from->score;
		switch (from->relop) {
		case AST_EQ:
			out->order = SCORE_EQ;
			break;
		case AST_NE:
			out->order = SCORE_NE;
			break;
		case AST_LT:
			out->order = SCORE_LT;
			break;
		case AST_LE:
			out->order = SCORE_LE;
			break;
		case AST_GT:
			out->order = SCORE_GT;
			break;
		case AST_GE:
			out->order = SCORE_GE;
			break;
		}
		break;
	case AST_EXPECT_EFFECT:
		out->kind = EXPECT_EFFECT;
		out->effect = from->effect;
		break;
	case AST_EXPECT_SYMBOL:
	case AST_EXPECT_UNKNOWN:
		out->kind = from->kind == AST_EXPECT_SYMBOL ? EXPECT_RULE : EXPECT_UNKNOWN_RULE;
		out->rule = from->word.text;
		r = rule_check_find(c, &from->word);
		if (r && !from->negated)
			r->tested = true;
		break;
	}
}

static void
read_test(struct rule_check *c, const struct ast_statement *st, struct program_test *out)
{
	struct program_given *given;
	struct program_expect *expect;
	size_t n_given = 0, n_expect = 0;

	for (const struct ast_given *g = st->test->given; g; g = g->next)
		n_given++;
	for (const struct ast_expect *e = st->test->expect; e; e = e->next)
		n_expect++;
	given = arena_array(c->set->arena, n_given, sizeof(*given));
	expect = arena_array(c->set->arena, n_expect, sizeof(*expect));
	*out = (struct program_test){.name = st->name.text,
		.file = st->at.file,
		.line = st->at.line,
		.message = st->test->message_path,
		.given = given,
		.n_given = n_given,
		.expect = expect,
		.n_expect = n_expect};
	for (const struct ast_given *g = st->test->given; g; g = g->next)
		read_given(c, g, given++);
	for (const struct ast_expect *e = st->test->expect; e; e = e->next)
		read_expect(c, e, expect++);
}

static void
warn_untested(struct rule_check *c)
{
	for (size_t i = 0; i < c->set->rules.n; i++) {
		const struct rule_def *r = c->set->rules.row[i].item;

		if (!r->tested && !r->disabled)
			diag_warn(c->set->diag, &r->st->name.at, "untested",
				arena_printf(c->set->arena, "write: test \"...\" given ... expect %.*s",
					VIEW_ARG(r->st->name.text)).p,
				"no test expects rule %.*s", VIEW_ARG(r->st->name.text));
	}
}

const struct program_test *
rule_case_read(struct rule_check *c, size_t *n_out)
{
	struct program_test *tests;
	size_t n = 0;

	for (const struct ast_statement *st = c->set->ast.first; st; st = st->next)
		n += st->kind == AST_TEST;
	tests = arena_array(c->set->arena, n, sizeof(*tests));
	*n_out = n;
	n = 0;
	for (const struct ast_statement *st = c->set->ast.first; st; st = st->next)
		if (st->kind == AST_TEST)
			read_test(c, st, &tests[n++]);
	if (c->set->options->untested)
		warn_untested(c);
	return tests;
}
