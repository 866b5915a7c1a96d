/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/expr_why.h"

struct walk {
	const struct program_eval *e;
	struct arena *arena;
	struct expr_why *out;
};

static void
say(struct walk *w, struct view reason)
{
	struct expr_why *o = w->out;

	for (size_t i = 0; i < o->n; i++)
		if (view_eq(o->reason[i], reason))
			return;
	if (o->n < EXPR_WHY_MAX)
		o->reason[o->n++] = reason;
}

/* ---- facts ---- */

static struct view
cut(struct view v, struct arena *a)
{
	if (v.n <= EXPR_WHY_VALUE)
		return v;
	return arena_printf(a, "%.*s...", EXPR_WHY_VALUE, v.p);
}

/* Of a long text only what is shown is copied. */
static struct view
value_text(struct walk *w, const struct fact_def *def, const struct fact_value *v)
{
	struct fact_value part = *v;

	if (!def->list && def->type >= FACT_DOMAIN)
		part.text = view_head(v->text, EXPR_WHY_VALUE + 1);
	return cut(fact_format(def, &part, w->arena), w->arena);
}

static struct view
name_of(struct walk *w, const struct slot *s)
{
	if (!s->def->arg)
		return view_str(s->def->name);
	return arena_printf(w->arena, "%s(\"%.*s\")", s->def->name, VIEW_ARG(s->arg));
}

static void
say_slot(struct walk *w, size_t slot, bool counted)
{
	const struct slot *s = &w->e->program->slots[slot];
	const struct fact_value *v = w->e->fact(w->e->ctx, slot);
	struct view name = name_of(w, s);

	switch (v->state) {
	case FACT_PENDING:
		if (s->owner == FACT_NOBODY)
			say(w, arena_printf(w->arena, "%.*s is unknown (this release lacks it)",
				VIEW_ARG(name)));
		else
			say(w, arena_printf(w->arena, "%.*s is not known yet", VIEW_ARG(name)));
		return;
	case FACT_UNKNOWN:
		say(w, arena_printf(w->arena, "%.*s is unknown (%.*s)", VIEW_ARG(name),
			VIEW_ARG(cut(v->why, w->arena))));
		return;
	case FACT_MISSING:
		say(w, arena_printf(w->arena, "%.*s is missing", VIEW_ARG(name)));
		return;
	case FACT_KNOWN:
		break;
	}
	if (counted)
		say(w, arena_printf(w->arena, "count(%.*s) = %zu", VIEW_ARG(name), v->list.n));
	else
		say(w, arena_printf(w->arena, "%.*s = %.*s", VIEW_ARG(name),
			VIEW_ARG(value_text(w, s->def, v))));
}

static void
say_rule(struct walk *w, size_t rule)
{
	static const char *const words[] = {"false", "true", "unknown"};

	say(w, arena_printf(w->arena, "%.*s is %s", VIEW_ARG(w->e->program->rules[rule].name),
		words[expr_rule(w->e, rule)]));
}

static void
say_operand(struct walk *w, const struct operand *o)
{
	switch ((enum operand_kind)o->kind) {
	case OPERAND_SLOT:
	case OPERAND_COUNT:
		say_slot(w, o->index, o->kind == OPERAND_COUNT);
		break;
	case OPERAND_HITS:
		say_rule(w, o->index);
		break;
	case OPERAND_ZERO:
		say(w, VIEW("a disabled rule"));
		break;
	}
}

/* ---- conditions ---- */

static void walk(struct walk *w, const struct expr *x);

/* The parts that are t; only the first of them if one is enough. */
static void
walk_parts(struct walk *w, const struct expr *x, enum tri t, bool one)
{
	for (uint32_t i = 0; i < x->n; i++) {
		if (expr_truth(w->e, &x->args[i]) != t)
			continue;
		walk(w, &x->args[i]);
		if (one)
			return;
	}
}

static void
walk(struct walk *w, const struct expr *x)
{
	enum tri t;

	switch ((enum expr_kind)x->kind) {
	case EXPR_FALSE:
		say(w, VIEW("a disabled rule"));
		return;
	case EXPR_OPEN:
		say(w, VIEW("a retired name"));
		return;
	case EXPR_AND:
	case EXPR_OR:
		t = expr_truth(w->e, x);
		walk_parts(w, x, t, t == (x->kind == EXPR_AND ? TRI_FALSE : TRI_TRUE));
		return;
	case EXPR_OF:
		walk_parts(w, x, expr_truth(w->e, x), false);
		return;
	case EXPR_NOT:
		walk(w, x->args);
		return;
	case EXPR_RULE:
		say_rule(w, x->n);
		return;
	default:
		break;
	}
	say_operand(w, &x->left);
	if (x->kind == EXPR_PAIR || (x->kind == EXPR_COMPARE && !x->value))
		say_operand(w, &x->right);
}

enum tri
expr_why(const struct program_eval *e, size_t rule, struct arena *a, struct expr_why *out)
{
	struct walk w = {e, a, out};

	out->n = 0;
	walk(&w, e->program->rules[rule].when);
	return expr_rule(e, rule);
}
