/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_reads.h"

#include "policy/expr.h"

struct walk {
	const struct program *program;
	struct rule_reads reads;
	bool *walked; /* rules */
};

static void expression(struct walk *w, const struct expr *x, bool own);

static void
rule(struct walk *w, size_t i, bool own)
{
	w->reads.rule[i] |= own;
	if (w->walked[i])
		return;
	w->walked[i] = true;
	expression(w, w->program->rules[i].when, false);
}

/* A DNS list reads what it looks up. */
static void
slot(struct walk *w, size_t i)
{
	w->reads.slot[i] = true;
	if (w->program->slots[i].dnsbl)
		w->reads.slot[w->program->slots[i].dnsbl->lookup] = true;
}

static void
operand(struct walk *w, const struct operand *o, bool own)
{
	if (o->kind == OPERAND_HITS)
		rule(w, o->index, own);
	else if (o->kind != OPERAND_ZERO)
		slot(w, o->index);
}

static void
expression(struct walk *w, const struct expr *x, bool own)
{
	if (x->kind == EXPR_RULE) {
		rule(w, x->n, own);
	} else if (x->kind >= EXPR_BARE) {
		operand(w, &x->left, own);
		if (x->kind == EXPR_PAIR || (x->kind == EXPR_COMPARE && !x->value))
			operand(w, &x->right, own);
	} else {
		for (uint32_t i = 0; x->kind != EXPR_FALSE && i < x->n; i++)
			expression(w, &x->args[i], own);
	}
}

struct rule_reads
rule_reads_of(const struct program *p, size_t i, struct arena *a)
{
	struct walk w = {.program = p,
		.reads = {arena_array(a, p->n_slots, sizeof(bool)), arena_array(a, p->n_rules, sizeof(bool))},
		.walked = arena_array(a, p->n_rules, sizeof(bool))};

	w.walked[i] = true;
	expression(&w, p->rules[i].when, true);
	return w.reads;
}

/* ---- who reads it ---- */

struct search {
	const struct program *program;
	const bool *slots;
	enum { UNSEEN, CLEAN, MARKED } *rules;
};

static bool hangs(struct search *s, const struct expr *x);

static bool
rule_hangs(struct search *s, size_t i)
{
	if (s->rules[i] == UNSEEN)
		s->rules[i] = hangs(s, s->program->rules[i].when) ? MARKED : CLEAN;
	return s->rules[i] == MARKED;
}

static bool
slot_hangs(struct search *s, size_t i)
{
	const struct slot *slot = &s->program->slots[i];
	bool any = s->slots[i] || (slot->dnsbl && s->slots[slot->dnsbl->lookup]);

	for (size_t k = 0; slot->rate && k < slot->rate->n_by; k++)
		any |= slot_hangs(s, slot->rate->by[k]);
	return any;
}

static bool
operand_hangs(struct search *s, const struct operand *o)
{
	if (o->kind == OPERAND_HITS)
		return rule_hangs(s, o->index);
	return o->kind != OPERAND_ZERO && slot_hangs(s, o->index);
}

static bool
hangs(struct search *s, const struct expr *x)
{
	bool any = false;

	if (x->kind == EXPR_RULE)
		return rule_hangs(s, x->n);
	if (x->kind >= EXPR_BARE)
		return operand_hangs(s, &x->left) ||
			((x->kind == EXPR_PAIR || (x->kind == EXPR_COMPARE && !x->value)) &&
				operand_hangs(s, &x->right));
	for (uint32_t i = 0; x->kind != EXPR_FALSE && i < x->n; i++)
		any |= hangs(s, &x->args[i]);
	return any;
}

void
rule_reads_mark(const struct program *p, const bool *slots, struct arena *a, bool *rules)
{
	struct search s = {p, slots, arena_array(a, p->n_rules, sizeof(*s.rules))};

	for (size_t i = 0; i < p->n_rules; i++)
		rules[i] = rule_hangs(&s, i);
}
