/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/given.h"

#include "policy/ast.h"
#include "policy/dnsbl_match.h"
#include "policy/parser.h"

struct giving {
	const struct program *program;
	struct arena *arena;
	struct diag *diag;
	struct given_value *out;
	size_t n;
};

static void
give(struct giving *g, struct view name, struct view arg, struct fact_value v)
{
	if (g->n < GIVEN_MAX)
		g->out[g->n++] = (struct given_value){name, arg, v};
}

static const struct dnsbl *
dnsbl_of(const struct program *p, struct view fact)
{
	for (size_t i = 0; i < p->n_dnsbls; i++)
		if (view_starts_nocase(fact, "dnsbl.") && view_eq(view_skip(fact, 6), p->dnsbls[i].name))
			return &p->dnsbls[i];
	return NULL;
}

/* The address (or state) of a list settles the list's fact and that of each of its codes. */
static void
give_dnsbl(struct giving *g, const struct dnsbl *d, const struct ast_given *a)
{
	struct fact_value v = fact_bool(false);
	struct ip ip = {0};

	if (a->kind == AST_GIVEN_UNKNOWN)
		v = fact_unknown(VIEW("given"));
	else if (a->kind == AST_GIVEN_VALUE && !ip_parse(a->value->text, &ip))
		diag_error(g->diag, &a->value->at, "write the address that the list answers, as 127.0.0.2",
			"'%.*s' is not an address", VIEW_ARG(a->value->text));
	else if (ip.family && dnsbl_match_error(d, &ip))
		v = fact_unknown(VIEW("error code"));
	for (size_t i = 0; i <= d->n_codes; i++) {
		size_t code = i < d->n_codes ? i : SIZE_MAX;
		struct view name = code == SIZE_MAX
			? arena_printf(g->arena, "dnsbl.%.*s", VIEW_ARG(d->name))
			: arena_printf(g->arena, "dnsbl.%.*s.%.*s", VIEW_ARG(d->name),
				VIEW_ARG(d->codes[i].name));

		if (v.state == FACT_KNOWN)
			v.yes = ip.family && dnsbl_match_has(d, code, &ip);
		give(g, name, (struct view){0}, v);
	}
}

static struct fact_value
set_value(struct giving *g, const struct ast_set *set)
{
	struct view *item = arena_array(g->arena, set->n + 1, sizeof(*item));
	size_t n = 0;

	for (const struct ast_item *i = set->items; i; i = i->next)
		item[n++] = i->word.text;
	return fact_list(item, n);
}

static bool
value_of(struct giving *g, const struct fact_def *def, const struct ast_given *a, struct fact_value *out)
{
	switch (a->kind) {
	case AST_GIVEN_UNKNOWN:
		*out = fact_unknown(VIEW("given"));
		return true;
	case AST_GIVEN_MISSING:
		*out = fact_missing();
		return true;
	case AST_GIVEN_SET:
		*out = set_value(g, a->set);
		return def->list;
	case AST_GIVEN_BARE:
		return fact_parse(def, VIEW(""), g->arena, out);
	case AST_GIVEN_VALUE:
		break;
	}
	if (def->list) {
		struct view *one = arena_new_of(g->arena, struct view);

		*one = a->value->text;
		*out = fact_list(one, 1);
		return true;
	}
	return fact_parse(def, a->value->text, g->arena, out);
}

static void
give_one(struct giving *g, const struct fact_table *facts, const struct ast_given *a)
{
	const struct fact_def *def = fact_table_find(facts, a->fact.text, NULL);
	const struct dnsbl *d = dnsbl_of(g->program, a->fact.text);
	struct fact_value v;

	if (d)
		give_dnsbl(g, d, a);
	else if (!def)
		diag_error(g->diag, &a->fact.at, NULL, "unknown fact '%.*s'", VIEW_ARG(a->fact.text));
	else if (!value_of(g, def, a, &v))
		diag_error(g->diag, &a->fact.at, NULL, "this is no value for '%s', which is %s%s", def->name,
			def->list ? "a list of " : "", fact_type_name(def->type));
	else
		give(g, arena_copy(g->arena, a->fact.text),
			a->arg ? arena_lower(g->arena, a->arg->text) : (struct view){0}, v);
}

size_t
given_parse(const struct program *p, const struct fact_table *facts, struct view text, struct arena *a,
	struct given_value out[static GIVEN_MAX], struct diag *d)
{
	struct giving g = {p, a, d, out, 0};
	struct ast t = {.arena = a};
	struct view statement = arena_printf(a, "test \"given\" given %.*s", VIEW_ARG(text));

	if (view_find(text, '\n') != text.n) {
		struct place at = {.file = VIEW("--given"), .width = 1};

		diag_error(d, &at, NULL, "a given value is one line");
		return 0;
	}
	parser_text(&t, "--given", statement, d);
	if (diag_errors(d) || !t.first || t.first->kind != AST_TEST)
		return 0;
	for (const struct ast_given *one = t.first->test->given; one; one = one->next)
		give_one(&g, facts, one);
	return diag_errors(d) ? 0 : g.n;
}
