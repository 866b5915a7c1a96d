/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_policy.h"

#include "policy/rule/rule_effect.h"
#include "policy/rule/rule_expr.h"
#include "policy/rule/rule_mention.h"
#include "policy/rule/rule_text.h"

/* ---- thresholds ---- */

static void
read_levels(struct rule_check *c, const struct level_def *levels, struct view policy,
	struct threshold *out)
{
	c->emit = true;
	for (int i = 0; i < LEVEL_COUNT; i++) {
		const struct ast_level *l = levels[i].level;
		bool early = i == LEVEL_GREYLIST || i == LEVEL_EARLY_REJECT;

		if (!l)
			continue;
		out[i] = (struct threshold){.set = !l->off, .given = true, .level = (enum level)i,
			.score = l->score, .policy = policy, .file = l->at.file, .line = l->at.line};
		if (l->text)
			out[i].text = l->text->text;
		rule_text_check(c, l->text, early ? STAGE_RCPT : STAGE_END);
	}
}

/* ---- what a condition may read ---- */

static bool
allowed(struct view fact)
{
	return view_starts_nocase(fact, "rcpt") || view_starts_nocase(fact, "auth.") ||
	       view_starts_nocase(fact, "client.") || view_eq_str(fact, "direction");
}

static void
refuse(struct rule_check *c, const struct ast_word *w, const char *fact)
{
	diag_error(c->set->diag, &w->at, NULL,
		"a policy condition may use rcpt.*, auth.* and client.* facts only, not '%s'",
		fact);
}

static void
check_operand(struct rule_check *c, const struct ast_operand *o)
{
	const struct fact_table *t = c->set->options->facts;
	const struct fact_def *def;

	if (!o || o->kind == AST_HITS || o->name.kind != AST_WORD)
		return;
	def = fact_table_find(t, o->name.text, NULL);
	if (def && !allowed(o->name.text))
		refuse(c, &o->name, def->name);
}

/* The facts of a rule that is named here are not looked at one by one, but their stage must fit. */
static void
check_symbol(struct rule_check *c, const struct ast_word *symbol)
{
	const struct rule_def *r = name_table_find(&c->set->rules, symbol->text);

	if (r && r->finding && r->finding->stage > STAGE_RCPT)
		refuse(c, symbol, arena_cstr(c->set->arena, r->finding->latest));
}

static void
check_facts(struct rule_check *c, const struct ast_expr *e)
{
	check_operand(c, e->left);
	check_operand(c, e->right);
	if (e->kind == AST_SYMBOL)
		check_symbol(c, e->symbol);
	for (const struct ast_expr *x = e->args; x; x = x->next)
		check_facts(c, x);
}

/* ---- policies ---- */

static void
read_disabled(struct rule_check *c, const struct ast_word *words, struct policy *out)
{
	size_t n = 0, *disable;

	for (const struct ast_word *w = words; w; w = w->next)
		n++;
	disable = arena_array(c->set->arena, n, sizeof(*disable));
	for (const struct ast_word *w = words; w; w = w->next) {
		const struct rule_def *r = rule_check_find(c, w);

		if (!r || r->disabled)
			continue;
		disable[out->n_disable++] = r->index;
		rule_mention_disable(c, r, w, out->name);
	}
	out->disable = disable;
}

static void
read_policy(struct rule_check *c, const struct policy_def *p, struct policy *out)
{
	struct rule_finding finding = {0};
	struct expr *when = arena_new_of(c->set->arena, struct expr);
	struct rule_skip skip = rule_effect_skip(c, p->policy->skip);

	c->finding = &finding;
	c->rule = NULL;
	c->emit = true;
	*out = (struct policy){.name = p->st->name.text,
		.file = p->st->at.file,
		.line = p->st->at.line,
		.when = when,
		.at_most = p->policy->at_most_word ? (int)p->policy->at_most : -1,
		.skip_greylist = skip.greylist,
		.skip_score = skip.score,
		.skip_group = skip.group,
		.n_skip_group = skip.n_group};
	if (p->policy->when) {
		finding.verified = rule_expr_read(c, p->policy->when, when);
		check_facts(c, p->policy->when);
	}
	if (p->policy->skip)
		rule_effect_grant(c, &p->policy->skip->at, "skip", "also require an authenticated fact");
	if (p->policy->at_most_word && p->policy->at_most == AT_MOST_ACCEPT)
		rule_effect_grant(c, &p->policy->at_most_word->at, "at-most accept",
			"also require an authenticated fact");
	read_disabled(c, p->policy->disable, out);
	read_levels(c, p->levels, out->name, out->threshold);
	c->any_per_rcpt |= finding.per_rcpt;
	c->finding = NULL;
}

void
rule_policy_read(struct rule_check *c)
{
	const struct name_table *t = &c->set->policies;

	read_levels(c, c->set->levels, (struct view){0}, c->threshold);
	c->policies = arena_array(c->set->arena, t->n, sizeof(*c->policies));
	for (size_t i = 0; i < t->n; i++)
		read_policy(c, t->row[i].item, &c->policies[i]);
}
