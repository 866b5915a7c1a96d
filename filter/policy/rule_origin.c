/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule_origin.h"

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
