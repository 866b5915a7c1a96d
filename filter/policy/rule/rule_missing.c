/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_missing.h"

/* The conjunctions around the condition that is looked at, innermost first: all of their parts
 * hold. */
struct within {
	const struct within *outer;
	const struct ast_expr *expr;
	bool positive; /* it holds as it stands; else its opposite does */
};

struct walk {
	struct rule_check *c;
	const struct rule_def *rule;
};

/* ---- facts ---- */

/* Always there, by their nature. */
static bool
never_missing(struct view name)
{
	static const char *const names[] = {"rcpt.to", "rcpt.domain", "rcpt.local", "listener",
		"headers", "message", "body", "body.raw", "relay-path"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (view_eq_str(name, names[i]))
			return true;
	return false;
}

static bool
may_miss(const struct walk *w, const struct ast_operand *o)
{
	const struct fact_def *def = fact_table_find(w->c->set->options->facts, o->name.text, NULL);
	bool text = def && (def->type == FACT_DOMAIN || def->type == FACT_ADDRESS ||
				   def->type == FACT_TEXT || def->type == FACT_WORD ||
				   def->type == FACT_COUNTRY);

	if (o->kind != AST_FACT && (o->kind != AST_VALUE || o->name.kind != AST_WORD))
		return false;
	return text && !def->list && !never_missing(o->name.text);
}

/* Facts that are present or missing together. */
static bool
same_presence(struct view a, struct view b)
{
	static const char *const sets[] = {" mail.from mail.domain mail.local ",
		" from.address from.domain ", " reply-to.address reply-to.domain "};
	struct view rest, one;

	if (view_eq(a, b))
		return true;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		int found = 0;

		rest = view_str(sets[i]);
		while (view_split(&rest, ' ', &one))
			found += one.n && (view_eq(one, a) || view_eq(one, b));
		if (found == 2)
			return true;
	}
	return false;
}

static bool
is_fact(const struct ast_operand *o, const struct ast_operand *fact)
{
	if (!o || o->kind == AST_COUNT || o->kind == AST_HITS || o->name.kind != AST_WORD)
		return false;
	if (o->arg || fact->arg)
		return o->arg && fact->arg && view_eq_nocase(o->arg->text, fact->arg->text) &&
		       view_eq(o->name.text, fact->name.text);
	return same_presence(o->name.text, fact->name.text);
}

/* "helo.fqdn" implies that there is a helo.name; "not mail.null" that there is a sender. */
static bool
bare_implies(struct view bare, struct view fact, bool positive)
{
	size_t dot = view_find(bare, '.') + 1;

	if (view_eq_str(bare, "mail.null"))
		return !positive && view_starts_nocase(fact, "mail.");
	return positive && dot <= bare.n && fact.n > dot &&
	       view_eq(view_head(bare, dot), view_head(fact, dot)) &&
	       !view_eq_str(fact, "from.name");
}

/* ---- does a condition imply that the fact is present? ---- */

static bool implies(const struct ast_expr *e, bool positive, const struct ast_operand *fact);

static bool
args_imply(const struct ast_expr *e, bool positive, const struct ast_operand *fact)
{
	bool all_hold = (e->kind == AST_AND) == positive;

	for (const struct ast_expr *x = e->args; x; x = x->next)
		if (implies(x, positive, fact) == all_hold)
			return all_hold;
	return !all_hold;
}

static bool
is_negated(const struct ast_expr *e, bool positive)
{
	return (e->negated || (e->kind == AST_COMPARE && e->relop == AST_NE)) == positive;
}

static bool
implies(const struct ast_expr *e, bool positive, const struct ast_operand *fact)
{
	switch (e->kind) {
	case AST_AND:
	case AST_OR:
		return args_imply(e, positive, fact);
	case AST_NOT:
		return implies(e->args, !positive, fact);
	case AST_IS:
		return e->state != AST_UNKNOWN && is_fact(e->left, fact) &&
		       ((e->state == AST_PRESENT) != e->negated) == positive;
	case AST_BARE:
		return bare_implies(e->left->name.text, fact->name.text, positive);
	case AST_COMPARE:
	case AST_MATCH:
	case AST_IN:
	case AST_CONTAINS:
	case AST_PAIR:
		return !is_negated(e, positive) &&
		       (is_fact(e->left, fact) || is_fact(e->right, fact));
	default:
		return false;
	}
}

static bool
is_guarded(const struct walk *w, const struct within *s, const struct ast_operand *fact)
{
	for (; s; s = s->outer)
		if (implies(s->expr, s->positive, fact))
			return true;
	for (const struct rule_unless *u = w->rule->unless; u; u = u->next)
		if (implies(u->expr, false, fact))
			return true;
	return false;
}

/* ---- the walk ---- */

static void
check_test(const struct walk *w, const struct ast_expr *e, const struct within *s)
{
	const struct ast_operand *sides[] = {e->left, e->right};

	for (size_t i = 0; i < 2; i++) {
		const struct ast_operand *o = sides[i];
		struct view name;

		if (!o || !may_miss(w, o) || is_guarded(w, s, o))
			continue;
		name = view_head(o->name.text, 80);
		diag_warn(w->c->set->diag, &o->name.at, "missing",
			arena_printf(w->c->set->arena, "write '%.*s%s is present and ...'",
				VIEW_ARG(name), o->arg ? "(...)" : "")
				.p,
			"'%.*s' may be missing, and then this is true", VIEW_ARG(name));
		return;
	}
}

static void
walk(const struct walk *w, const struct ast_expr *e, bool positive, const struct within *outer)
{
	struct within here = {outer, e, positive};

	switch (e->kind) {
	case AST_AND:
	case AST_OR:
	case AST_OF:
		if (e->kind == AST_OF || (e->kind == AST_AND) != positive)
			here = (struct within){0};
		for (const struct ast_expr *x = e->args; x; x = x->next)
			walk(w, x, positive, here.expr ? &here : outer);
		break;
	case AST_NOT:
		walk(w, e->args, !positive, outer);
		break;
	case AST_COMPARE:
	case AST_MATCH:
	case AST_IN:
	case AST_CONTAINS:
	case AST_PAIR:
		if (is_negated(e, positive))
			check_test(w, e, outer);
		break;
	default:
		break;
	}
}

void
rule_missing_check(struct rule_check *c, const struct rule_def *r)
{
	struct walk w = {c, r};

	walk(&w, r->rule->when, true, NULL);
}
