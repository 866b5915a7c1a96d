/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_early.h"

#include "policy/rule/rule_effect.h"
#include "policy/rule/rule_text.h"

struct marks {
	struct rule_check *c;
	enum { EARLY, OUTBOUND, INBOUND } what; /* who needs it: RCPT, or mail of that direction */
	bool *walked;    /* per rule: its facts are marked */
	uint32_t *named; /* per rule: how often conditions name it */
	bool *compound;  /* per rule: it names others */
};

static bool
is_test(const struct expr *x)
{
	return x->kind >= EXPR_BARE;
}

/* ---- early ---- */

/* Does the score at RCPT decide anything, for anybody? */
static bool
score_counts_early(const struct rule_check *c)
{
	bool any = c->threshold[LEVEL_GREYLIST].set || c->threshold[LEVEL_EARLY_REJECT].set;

	for (size_t i = 0; i < c->set->policies.n; i++)
		any |= c->policies[i].threshold[LEVEL_GREYLIST].set ||
		       c->policies[i].threshold[LEVEL_EARLY_REJECT].set;
	return any;
}

/* What decides `at` a stage is waited for there, or slow answers would decide when it is decided. */
static bool
has_own_stage(const struct rule *r)
{
	bool has = false;

	for (size_t i = 0; i < r->n_effects; i++)
		has |= r->effects[i].at >= 0 && r->effects[i].at < STAGE_END;
	return has;
}

static bool
is_early(const struct rule *r, bool score_counts)
{
	bool decides = (r->has_score && score_counts) || has_own_stage(r);

	if ((r->stage > STAGE_RCPT && !has_own_stage(r)) || r->trial)
		return false;
	for (size_t i = 0; i < r->n_effects; i++)
		decides |= rule_effect_is_terminal(r->effects[i].kind) ||
			   r->effects[i].kind == EFFECT_SKIP;
	return decides || (r->if_unknown && rule_effect_is_terminal(r->if_unknown->kind));
}

static void mark_expr(struct marks *m, const struct expr *x);

static void
mark_slot(struct marks *m, size_t i)
{
	struct slot *slot = &m->c->slots.slot[i];

	slot->early |= m->what == EARLY;
	slot->outbound |= m->what == OUTBOUND;
	slot->inbound |= m->what == INBOUND;
	if (slot->dnsbl)
		mark_slot(m, slot->dnsbl->lookup);
}

static void
mark_text(struct marks *m, struct view text)
{
	struct view literal, name;
	bool made;

	while (rule_text_next(&text, &literal, &name)) {
		const struct fact_def *def = NULL;
		size_t owner;

		if (name.p)
			def = fact_table_find(m->c->set->options->facts, name, &owner);
		if (def && !def->arg && (m->what != EARLY || def->stage <= STAGE_RCPT))
			mark_slot(m, rule_slots_get(&m->c->slots, def, owner,
					     (struct view){NULL, 0}, &made));
	}
}

static void
mark_rule(struct marks *m, size_t rule)
{
	if (m->walked[rule])
		return;
	m->walked[rule] = true;
	mark_expr(m, m->c->rules[rule].when);
}

static void
mark_operand(struct marks *m, const struct operand *o)
{
	if (o->kind == OPERAND_HITS)
		mark_rule(m, o->index);
	else if (o->kind != OPERAND_ZERO)
		mark_slot(m, o->index);
}

static void
mark_expr(struct marks *m, const struct expr *x)
{
	bool two = x->kind == EXPR_PAIR || (x->kind == EXPR_COMPARE && !x->value);

	if (x->kind == EXPR_RULE)
		mark_rule(m, x->n);
	else if (is_test(x))
		mark_operand(m, &x->left);
	else
		for (uint32_t i = 0; x->kind != EXPR_FALSE && i < x->n; i++)
			mark_expr(m, &x->args[i]);
	if (two)
		mark_operand(m, &x->right);
}

static void
mark_texts(struct marks *m, const struct rule *r)
{
	for (size_t k = 0; k < r->n_effects; k++)
		mark_text(m, r->effects[k].reply.text);
	if (r->if_unknown)
		mark_text(m, r->if_unknown->reply.text);
}

static void
mark_early_rules(struct marks *m)
{
	bool score_counts = score_counts_early(m->c);

	for (size_t i = 0; i < m->c->n_rules; i++) {
		struct rule *r = &m->c->rules[i];

		r->early = is_early(r, score_counts);
		if (!r->early)
			continue;
		mark_rule(m, i);
		mark_texts(m, r);
	}
	for (size_t i = 0; i < m->c->set->policies.n; i++)
		mark_expr(m, m->c->policies[i].when);
}

/* ---- directions ---- */

static void
mark_direction(struct marks *m, int what, enum scope other)
{
	m->what = what;
	memset(m->walked, 0, m->c->n_rules * sizeof(bool));
	for (size_t i = 0; i < m->c->n_rules; i++) {
		if (m->c->rules[i].scope == other)
			continue;
		mark_rule(m, i);
		mark_texts(m, &m->c->rules[i]);
	}
	for (size_t i = 0; i < m->c->set->policies.n; i++)
		mark_expr(m, m->c->policies[i].when);
}

/* ---- what to keep ---- */

static void
count_names(struct marks *m, const struct expr *x, bool *compound)
{
	if (x->kind == EXPR_RULE) {
		m->named[x->n]++;
		*compound = true;
	} else if (is_test(x)) {
		*compound |= x->left.kind == OPERAND_HITS;
	} else {
		for (uint32_t i = 0; x->kind != EXPR_FALSE && i < x->n; i++)
			count_names(m, &x->args[i], compound);
	}
}

static void
set_keep(const struct marks *m, struct expr *x)
{
	if (x->kind == EXPR_RULE)
		x->keep = m->named[x->n] > 1 && m->compound[x->n];
	else if (!is_test(x))
		for (uint32_t i = 0; x->kind != EXPR_FALSE && i < x->n; i++)
			set_keep(m, &x->args[i]);
}

static void
mark_kept(struct marks *m)
{
	struct rule_check *c = m->c;
	static const struct place nowhere;
	size_t kept = 0;

	for (size_t i = 0; i < c->n_rules; i++)
		count_names(m, c->rules[i].when, &m->compound[i]);
	for (size_t i = 0; i < c->n_rules; i++) {
		kept += m->named[i] > 1 && m->compound[i];
		set_keep(m, (struct expr *)c->rules[i].when);
	}
	if (kept > EXPR_KEPT_MAX)
		diag_error(c->set->diag, &nowhere, NULL,
			"more than %d rules that name other rules are named several times",
			EXPR_KEPT_MAX);
}

void
rule_early_mark(struct rule_check *c)
{
	struct arena *a = c->set->arena;
	struct marks m = {.c = c,
		.walked = arena_array(a, c->n_rules, sizeof(bool)),
		.named = arena_array(a, c->n_rules, sizeof(uint32_t)),
		.compound = arena_array(a, c->n_rules, sizeof(bool))};

	mark_early_rules(&m);
	mark_direction(&m, OUTBOUND, SCOPE_INBOUND);
	mark_direction(&m, INBOUND, SCOPE_OUTBOUND);
	mark_kept(&m);
}
