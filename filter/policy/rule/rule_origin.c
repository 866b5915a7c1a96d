/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_origin.h"

#include <stdlib.h>

#include "policy/format.h"

/* ---- rules ---- */

enum { CONDITIONS = RULE_CLAUSES }; /* when, unless: no change replaces them */

/* Which clauses a change of this one replaces. */
static int
kind(const struct ast_clause *c)
{
	static const struct {
		const char *word;
		int kind;
	} words[] = {{"when", CONDITIONS}, {"unless", CONDITIONS}, {"if", RULE_IF_UNKNOWN},
		{"group", RULE_GROUP}, {"scope", RULE_SCOPE}, {"info", RULE_INFO},
		{"trial", RULE_TRIAL}, {"enforce", RULE_TRIAL}};
	struct view first = view_head(c->text, c->at.width);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (view_eq_str(first, words[i].word))
			return words[i].kind;
	return RULE_EFFECTS;
}

static bool
in_effect(const struct rule_def *r, const struct ast_statement *st, const struct ast_clause *c)
{
	int k = kind(c);

	return k == CONDITIONS || st->change || !r->changed[k];
}

static void
add(const struct rule_def *r, const struct ast_statement *st, bool conditions, struct arena *a,
	struct rule_origin *out, size_t *n)
{
	for (const struct ast_clause *c = st->clauses; c; c = c->next)
		if ((kind(c) == CONDITIONS) == conditions && in_effect(r, st, c))
			out[(*n)++] = (struct rule_origin){format_clause(c->text, a), c->at};
}

/* Conditions, or what is none: the rule's own, then those of its changes. */
static void
collect(const struct rule_set *s, const struct rule_def *r, bool conditions, struct arena *a,
	struct rule_origin *out, size_t *n)
{
	add(r, r->st, conditions, a, out, n);
	for (const struct ast_statement *st = s->ast.first; st; st = st->next)
		if (st->change && st->kind == AST_RULE && view_eq(st->name.text, r->st->name.text))
			add(r, st, conditions, a, out, n);
}

const struct rule_origin *
rule_origin_clauses(const struct rule_set *s, const struct rule_def *r, struct arena *a, size_t *n_out)
{
	struct rule_origin *out;
	size_t n = 0;

	for (const struct ast_statement *st = s->ast.first; st; st = st->next)
		for (const struct ast_clause *c = st->clauses; c; c = c->next)
			n += view_eq(st->name.text, r->st->name.text);
	out = arena_array(a, n, sizeof(*out));
	*n_out = 0;
	collect(s, r, true, a, out, n_out);
	collect(s, r, false, a, out, n_out);
	return out;
}

/* ---- the others ---- */

static struct rule_origin
level(struct view policy, const struct ast_level *l, struct arena *a)
{
	struct view who = policy.p ? arena_printf(a, "policy %.*s: ", VIEW_ARG(policy)) : VIEW("");
	struct view at = arena_printf(a, "%s%d.%02d", l->score < 0 ? "-" : "", abs(l->score) / 100,
		abs(l->score) % 100);

	return (struct rule_origin){arena_printf(a, "%.*sthreshold %s %.*s", VIEW_ARG(who),
		rule_set_level_name(l->level), VIEW_ARG(l->off ? VIEW("off") : at)), l->at};
}

const struct rule_origin *
rule_origin_thresholds(const struct rule_set *s, struct arena *a, size_t *n_out)
{
	struct rule_origin *out = arena_array(a, (s->policies.n + 1) * LEVEL_COUNT, sizeof(*out));
	size_t n = 0;

	for (size_t l = 0; l < LEVEL_COUNT; l++) {
		if (s->levels[l].level)
			out[n++] = level((struct view){0}, s->levels[l].level, a);
		for (size_t i = 0; i < s->policies.n; i++) {
			const struct policy_def *p = s->policies.row[i].item;

			if (p->levels[l].level)
				out[n++] = level(p->st->name.text, p->levels[l].level, a);
		}
	}
	*n_out = n;
	return out;
}

/* Which word takes the rule away? */
static const struct ast_word *
word_of(const struct ast_word *words, struct view name)
{
	for (; words; words = words->next)
		if (view_eq(words->text, name))
			return words;
	return NULL;
}

static void
taken(const struct ast_word *w, struct view policy, const char *how, struct arena *a,
	struct rule_origin *out, size_t *n)
{
	if (!w)
		return;
	out[*n].text = arena_printf(a, "policy %.*s %s", VIEW_ARG(policy), how);
	out[(*n)++].at = w->at;
}

const struct rule_origin *
rule_origin_policies(const struct rule_set *s, const struct rule_def *r, struct arena *a, size_t *n_out)
{
	struct rule_origin *out = arena_array(a, s->policies.n * 3, sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < s->policies.n; i++) {
		const struct policy_def *p = s->policies.row[i].item;
		const struct ast_word *skip = p->policy->skip;
		struct view name = p->st->name.text;

		taken(word_of(p->policy->disable, r->st->name.text), name, "disables it", a, out, &n);
		if (r->rule->group)
			taken(word_of(skip, r->rule->group->text), name, "skips its group", a, out, &n);
		if (r->rule->score)
			taken(word_of(skip, VIEW("score")), name, "skips the score", a, out, &n);
	}
	*n_out = n;
	return out;
}

const struct rule_origin *
rule_origin_statements(const struct rule_set *s, struct view name, struct arena *a, size_t *n_out)
{
	struct rule_origin *out = arena_array(a, s->ast.n, sizeof(*out));
	size_t n = 0;

	for (const struct ast_statement *st = s->ast.first; st; st = st->next) {
		bool named = st->kind == AST_LIST || st->kind == AST_DNSBL || st->kind == AST_RATE ||
			     st->kind == AST_GROUP || st->kind == AST_POLICY;

		if (named && view_eq(st->name.text, name))
			out[n++] = (struct rule_origin){format_clause(st->text, a), st->at};
	}
	*n_out = n;
	return out;
}
