/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/given.h"

#include "policy/parser/ast.h"
#include "policy/dnsbl_match.h"
#include "policy/parser/parser.h"

const struct fact_value *
given_find(const struct given_list *l, struct view name, struct view arg)
{
	for (size_t i = 0; i < l->n; i++)
		if (view_eq(l->item[i].name, name) && view_eq(l->item[i].arg, arg))
			return &l->item[i].value;
	return NULL;
}

void
given_add(struct given_list *l, struct view name, struct view arg, struct fact_value v)
{
	if (given_find(l, name, arg))
		return;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		struct given_value *more = arena_array(l->arena, cap, sizeof(*more));

		if (l->n)
			memcpy(more, l->item, l->n * sizeof(*more));
		l->item = more;
		l->cap = cap;
	}
	l->item[l->n++] = (struct given_value){name, arg, v};
}

/* ---- a DNS list and its answers ---- */

static const struct dnsbl *
dnsbl_of(const struct program *p, struct view fact)
{
	for (size_t i = 0; i < p->n_dnsbls; i++)
		if (view_starts_nocase(fact, "dnsbl.") && view_eq(view_skip(fact, 6), p->dnsbls[i].name))
			return &p->dnsbls[i];
	return NULL;
}

/* One error among several answers makes all of them one. */
static struct fact_value
code_value(const struct dnsbl *d, size_t code, const struct ip *ip, size_t n)
{
	bool has = false;

	for (size_t i = 0; i < n; i++) {
		if (dnsbl_match_error(d, &ip[i]))
			return fact_unknown(VIEW("error code"));
		has |= dnsbl_match_has(d, code, &ip[i]);
	}
	return fact_bool(has);
}

static bool
take_dnsbl(struct given_list *l, const struct dnsbl *d, const struct program_given *g)
{
	struct ip *ip = arena_array(l->arena, g->n + 1, sizeof(*ip));

	for (size_t i = 0; i < g->n; i++)
		if (!ip_parse(g->item[i], &ip[i]))
			return false;
	for (size_t i = 0; i <= d->n_codes; i++) {
		size_t code = i < d->n_codes ? i : SIZE_MAX;
		struct view name = code == SIZE_MAX
			? arena_printf(l->arena, "dnsbl.%.*s", VIEW_ARG(d->name))
			: arena_printf(l->arena, "dnsbl.%.*s.%.*s", VIEW_ARG(d->name),
				VIEW_ARG(d->codes[i].name));
		struct fact_value v = g->kind == GIVEN_UNKNOWN ? fact_unknown(VIEW("given"))
							       : code_value(d, code, ip, g->n);

		given_add(l, name, (struct view){NULL, 0}, v);
	}
	return true;
}

/* ---- other facts ---- */

/* The items of a list are text, as fact_format writes them. */
static bool
list_value(struct given_list *l, const struct fact_def *def, const struct program_given *g,
	struct fact_value *out)
{
	struct fact_def one = *def;
	struct view *item = arena_array(l->arena, g->n + 1, sizeof(*item));

	one.list = false;
	for (size_t i = 0; i < g->n; i++) {
		struct fact_value v;

		if (!fact_parse(&one, g->item[i], l->arena, &v))
			return false;
		item[i] = fact_format(&one, &v, l->arena);
	}
	*out = fact_list(item, g->n);
	return true;
}

static bool
value_of(struct given_list *l, const struct fact_def *def, const struct program_given *g,
	struct fact_value *out)
{
	if (g->kind == GIVEN_UNKNOWN) {
		*out = fact_unknown(VIEW("given"));
		return true;
	}
	if (g->kind == GIVEN_MISSING) {
		*out = fact_missing();
		return true;
	}
	if (def->list)
		return list_value(l, def, g, out);
	return g->n <= 1 && fact_parse(def, g->n ? g->item[0] : VIEW(""), l->arena, out);
}

bool
given_take(struct given_list *l, const struct program *p, const struct fact_table *facts,
	const struct program_given *g)
{
	const struct dnsbl *d = dnsbl_of(p, g->fact);
	const struct fact_def *def = fact_table_find(facts, g->fact, NULL);
	struct fact_value v;

	if (d)
		return take_dnsbl(l, d, g);
	if (!def || !value_of(l, def, g, &v))
		return false;
	given_add(l, view_str(def->name), g->arg, v);
	return true;
}

/* ---- the text of an option ---- */

static struct program_given
given_of(struct arena *a, const struct ast_given *from)
{
	struct program_given g = {.fact = arena_copy(a, from->fact.text), .kind = GIVEN_VALUE};
	struct view *item = arena_array(a, from->set ? from->set->n + 1 : 1, sizeof(*item));

	if (from->arg)
		g.arg = arena_lower(a, from->arg->text);
	if (from->kind == AST_GIVEN_UNKNOWN)
		g.kind = GIVEN_UNKNOWN;
	if (from->kind == AST_GIVEN_MISSING)
		g.kind = GIVEN_MISSING;
	g.item = item;
	if (from->value)
		item[g.n++] = from->value->text;
	for (const struct ast_item *i = from->set ? from->set->items : NULL; i; i = i->next)
		item[g.n++] = i->word.text;
	return g;
}

static void
refuse(const struct program *p, const struct fact_table *facts, const struct ast_given *from, struct diag *d)
{
	const struct fact_def *def = fact_table_find(facts, from->fact.text, NULL);

	if (dnsbl_of(p, from->fact.text))
		diag_error(d, &from->fact.at, "write the address that the list answers, as 127.0.0.2",
			"this is no answer of a DNS list");
	else if (!def)
		diag_error(d, &from->fact.at, NULL, "unknown fact '%.*s'", VIEW_ARG(from->fact.text));
	else
		diag_error(d, &from->fact.at, NULL, "this is no value for '%s', which is %s%s", def->name,
			def->list ? "a list of " : "", fact_type_name(def->type));
}

bool
given_parse(struct given_list *l, const struct program *p, const struct fact_table *facts, struct view text,
	struct diag *d)
{
	struct ast t = {.arena = l->arena};
	struct view statement = arena_printf(l->arena, "test \"given\" given %.*s", VIEW_ARG(text));

	if (view_find(text, '\n') != text.n) {
		struct place at = {.file = VIEW("--given"), .width = 1};

		diag_error(d, &at, NULL, "a given value is one line");
		return false;
	}
	parser_text(&t, "--given", statement, d);
	if (diag_errors(d) || !t.first || t.first->kind != AST_TEST)
		return false;
	for (const struct ast_given *one = t.first->test->given; one; one = one->next) {
		struct program_given g = given_of(l->arena, one);

		if (!given_take(l, p, facts, &g))
			refuse(p, facts, one, d);
	}
	return diag_errors(d) == 0;
}
