/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_expr.h"

#include <stdlib.h>

#include "policy/rule/rule_list.h"
#include "policy/rule/rule_operand.h"
#include "policy/rule/rule_trust.h"

/* ---- lists ---- */

/* NULL, with an error; or with a warning and EXPR_OPEN, if it is retired. */
static const struct list *
named_list(struct rule_check *c, const struct ast_word *w, struct expr *out)
{
	struct list_def *l = name_table_find(&c->set->lists, w->text);

	if (!l && rule_check_retired(c, "list", w->text, &w->at)) {
		out->kind = EXPR_OPEN;
		return NULL;
	}
	if (!l) {
		c->lost_list = true;
		diag_error(c->set->diag, &w->at, name_table_hint(&c->set->lists, w->text, c->set->arena),
			"no list '%.*s'", VIEW_ARG(w->text));
		return NULL;
	}
	l->used = true;
	return l->list;
}

static enum list_type
list_type_of(enum fact_type t)
{
	switch (t) {
	case FACT_IP:
		return LIST_NETS;
	case FACT_DOMAIN:
		return LIST_DOMAINS;
	case FACT_ADDRESS:
		return LIST_ADDRESSES;
	case FACT_COUNTRY:
		return LIST_COUNTRIES;
	case FACT_NUMBER:
	case FACT_DURATION:
	case FACT_SIZE:
		return LIST_NUMBERS;
	default:
		return LIST_WORDS;
	}
}

static const char *
holds_hint(struct rule_check *c, const struct rule_operand *o, enum list_type t)
{
	struct view name = view_head(o->name, view_rfind(o->name, '.'));

	if (t == LIST_PHRASES)
		return "write 'contains' instead of 'in'";
	if (t == LIST_REGEXES)
		return "write '~' instead of 'in'";
	if (t == LIST_DOMAINS && o->op.type == FACT_ADDRESS)
		return arena_printf(c->set->arena, "use '%.*s.domain'", VIEW_ARG(name)).p;
	return NULL;
}

static bool
list_suits(struct rule_check *c, const struct rule_operand *o, const struct list *l,
	const struct ast_word *w)
{
	enum list_type t = list_kind(l);

	if (t == list_type_of(o->op.type))
		return true;
	diag_error(c->set->diag, &w->at, holds_hint(c, o, t), "'%.*s' is %s, list '%.*s' holds %s",
		VIEW_ARG(o->name), fact_type_name(o->op.type), VIEW_ARG(w->text),
		list_type_name(t));
	return false;
}

/* ---- comparisons ---- */

static const char *
bool_hint(struct rule_check *c, const struct rule_operand *o)
{
	return arena_printf(
		c->set->arena, "write '%.*s' or 'not %.*s'", VIEW_ARG(o->name), VIEW_ARG(o->name))
		.p;
}

/* A test that a bool, which is a condition already, cannot have. */
static bool
is_bool(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o)
{
	if (o->op.type != FACT_BOOL)
		return false;
	diag_error(c->set->diag, &e->op, bool_hint(c, o), "'%.*s' is already a condition",
		VIEW_ARG(o->name));
	return true;
}

/* "hits(RULE) > 0" says what the rule says, "hits(RULE) < 1" the opposite. */
static bool
is_positive(const struct rule_operand *o, const struct expr *x)
{
	bool zero = x->value && o->op.kind == OPERAND_HITS && x->value->number <= 0;

	if (o->op.kind == OPERAND_HITS)
		return x->order == EXPR_GT || (x->order != EXPR_LT && x->order != EXPR_LE && !zero);
	return !x->value || o->op.type != FACT_ENUM || rule_trust_value(o->name, x->value->text);
}

static bool
read_compare(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o,
	struct expr *out)
{
	static const enum expr_order orders[] = {[AST_EQ] = EXPR_EQ,
		[AST_NE] = EXPR_EQ,
		[AST_LT] = EXPR_LT,
		[AST_LE] = EXPR_LE,
		[AST_GT] = EXPR_GT,
		[AST_GE] = EXPR_GE};
	bool right;

	out->kind = EXPR_COMPARE;
	out->order = (uint8_t)orders[e->relop];
	out->negated = e->relop == AST_NE;
	if (is_bool(c, e, o))
		return false;
	if (e->relop != AST_EQ && e->relop != AST_NE && !rule_operand_is_number(o->op.type)) {
		diag_error(c->set->diag, &e->op, NULL, "'%.*s' has no order%s", VIEW_ARG(o->name),
			o->op.type == FACT_ENUM ? "; use = or !=" : "");
		return false;
	}
	if (!rule_operand_value(c, o, e->right, out, &right))
		return false;
	if (rule_trust_result(o->name) && !out->value)
		return false;
	return o->verified && right && !out->negated && is_positive(o, out);
}

static bool
read_match(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o,
	struct expr *out)
{
	enum fact_type t = o->op.type;

	out->kind = EXPR_SEARCH;
	out->negated = e->negated;
	out->list = e->regex ? rule_list_of_word(c->set, LIST_REGEXES, e->regex)
			     : named_list(c, e->list, out);
	if (is_bool(c, e, o))
		return false;
	if (t != FACT_TEXT && t != FACT_DOMAIN && t != FACT_ADDRESS && t != FACT_WORD)
		diag_error(c->set->diag, o->at, NULL,
			"a regular expression needs text, '%.*s' is %s", VIEW_ARG(o->name),
			fact_type_name(t));
	if (out->list && list_kind(out->list) != LIST_REGEXES)
		diag_error(c->set->diag, &e->list->at, NULL,
			"list '%.*s' holds %s; '~' needs regexes", VIEW_ARG(e->list->text),
			list_type_name(list_kind(out->list)));
	else if (out->list && c->emit)
		rule_regex_note(&c->regexes, out, o->list);
	return o->verified && !e->negated;
}

static bool
read_contains(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o,
	struct expr *out)
{
	out->kind = EXPR_SEARCH;
	out->negated = e->negated;
	out->list =
		e->text ? rule_list_of_word(c->set, LIST_PHRASES, e->text) : named_list(c, e->list, out);
	if (is_bool(c, e, o))
		return false;
	if (o->op.type != FACT_TEXT)
		diag_error(c->set->diag, o->at, NULL, "'contains' needs text, '%.*s' is %s",
			VIEW_ARG(o->name), fact_type_name(o->op.type));
	if (out->list && list_kind(out->list) != LIST_PHRASES)
		diag_error(c->set->diag, &e->list->at, NULL,
			"list '%.*s' holds %s; 'contains' needs phrases", VIEW_ARG(e->list->text),
			list_type_name(list_kind(out->list)));
	return o->verified && !e->negated;
}

/* "5m" in a set of durations is a number of seconds like any other. */
static struct ast_set *
plain_numbers(struct rule_check *c, const struct rule_operand *o, const struct ast_set *set)
{
	struct arena *a = c->set->arena;
	struct ast_set *out = arena_new_of(a, struct ast_set);
	struct ast_item **last = &out->items;

	*out = *set;
	for (const struct ast_item *i = set->items; i; i = i->next) {
		struct ast_item *copy = arena_new_of(a, struct ast_item);
		struct fact_value v;

		*copy = *i;
		if (fact_parse(o->def, i->word.text, a, &v))
			copy->word.text = arena_printf(a, "%lld", (long long)v.number);
		*last = copy;
		last = &copy->next;
	}
	return out;
}

static const struct list *
read_set(struct rule_check *c, const struct rule_operand *o, const struct ast_set *set)
{
	if (o->op.type == FACT_ENUM) {
		for (const struct ast_item *i = set->items; i; i = i->next)
			rule_operand_enum(c, o, &i->word);
	} else if (rule_operand_is_number(o->op.type)) {
		set = plain_numbers(c, o, set);
	}
	return rule_list_of_set(c->set, list_type_of(o->op.type), set);
}

static bool
read_in(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o,
	struct expr *out)
{
	out->kind = EXPR_IN;
	out->negated = e->negated;
	if (is_bool(c, e, o))
		return false;
	out->list = e->set ? read_set(c, o, e->set) : named_list(c, e->list, out);
	if (out->list && e->list)
		list_suits(c, o, out->list, e->list);
	if (out->list && e->list && c->emit)
		rule_lookup_note(&c->lookups, out);
	return o->verified && !e->negated && !rule_trust_result(o->name);
}

static bool
read_is(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o,
	struct expr *out)
{
	out->kind = e->state == AST_UNKNOWN ? EXPR_UNKNOWN : EXPR_MISSING;
	out->negated = e->negated != (e->state == AST_PRESENT);
	out->quantifier = o->list ? EXPR_ANY : EXPR_ONE;
	return rule_trust_present(o->name) && e->state != AST_UNKNOWN && out->negated;
}

static bool
read_bare(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o,
	struct expr *out)
{
	out->kind = EXPR_BARE;
	if (o->op.type != FACT_BOOL)
		diag_error(c->set->diag, o->at,
			arena_printf(c->set->arena, "compare it, or write '%.*s is present'",
				VIEW_ARG(o->name))
				.p,
			"'%.*s' is a %s, not a condition by itself", VIEW_ARG(o->name),
			fact_type_name(o->op.type));
	return o->verified;
}

/* Does the quantifier suit the operand? */
static bool
quantifier_ok(struct rule_check *c, const struct ast_expr *e, const struct rule_operand *o,
	const struct ast_expr *quantified)
{
	static const char *const words[] = {[AST_ANY] = "any", [AST_ALL] = "all", [AST_NO] = "no"};
	struct arena *a = c->set->arena;
	const char *word;

	if (!quantified) {
		if (!o->list || e->kind == AST_IS)
			return true;
		diag_error(c->set->diag, o->at,
			arena_printf(a, "write 'any %.*s', 'all %.*s' or 'no %.*s'",
				VIEW_ARG(o->name), VIEW_ARG(o->name), VIEW_ARG(o->name))
				.p,
			"'%.*s' has many values", VIEW_ARG(o->name));
		return false;
	}
	word = words[quantified->quantifier];
	if (o->list && e->kind != AST_IS)
		return true;
	diag_error(c->set->diag, &quantified->at, arena_printf(a, "leave out '%s'", word).p,
		o->list ? "'%s' and 'is' do not go together: '%.*s' is taken as a whole"
			: "'%s' needs a fact with many values, '%.*s' has one",
		word, VIEW_ARG(o->name));
	return false;
}

/* A word right of an operator may be a fact, and where it is a value, it is none that counts. */
static void
check_provided(struct rule_check *c, const struct ast_operand *o, const struct expr *x)
{
	if (o && o->kind != AST_HITS && o->name.kind == AST_WORD && (o->kind != AST_VALUE || !x->value))
		rule_operand_provided(c, o->name.text, &o->name.at);
}

static bool
read_comparison(struct rule_check *c, const struct ast_expr *e, struct expr *out,
	const struct ast_expr *quantified)
{
	static const enum expr_quantifier quantifiers[] = {
		[AST_ANY] = EXPR_ANY, [AST_ALL] = EXPR_ALL, [AST_NO] = EXPR_NO};
	static bool (*const readers[])(struct rule_check *, const struct ast_expr *,
		const struct rule_operand *, struct expr *) = {[AST_COMPARE] = read_compare,
		[AST_MATCH] = read_match,
		[AST_IN] = read_in,
		[AST_CONTAINS] = read_contains,
		[AST_IS] = read_is,
		[AST_BARE] = read_bare};
	size_t errors = diag_errors(c->set->diag);
	struct rule_operand o;
	bool verified;

	if (!rule_operand_read(c, e->left, &o))
		return false;
	if (o.retired) {
		out->kind = EXPR_OPEN;
		return false;
	}
	if (!quantifier_ok(c, e, &o, quantified))
		return false;
	out->left = o.op;
	if (quantified)
		out->quantifier = (uint8_t)quantifiers[quantified->quantifier];
	verified = readers[e->kind](c, e, &o, out) && !(quantified && quantified->quantifier == AST_NO);
	if (diag_errors(c->set->diag) == errors) { /* one mistake, one message */
		check_provided(c, e->left, out);
		check_provided(c, e->right, out);
	}
	return verified;
}

static bool
half_suits(struct rule_check *c, const struct list *l, int which, const struct rule_operand *o,
	const struct ast_word *w)
{
	enum list_type want = list_pair_kind(l, which);

	if (o->list)
		diag_error(c->set->diag, o->at, NULL, "'%.*s' has many values", VIEW_ARG(o->name));
	else if (want != list_type_of(o->op.type))
		diag_error(c->set->diag, o->at, NULL, "list '%.*s' holds %s here, but '%.*s' is %s",
			VIEW_ARG(w->text), list_type_name(want), VIEW_ARG(o->name),
			fact_type_name(o->op.type));
	return o->verified;
}

static bool
read_pair(struct rule_check *c, const struct ast_expr *e, struct expr *out)
{
	struct rule_operand left, right;
	bool ok = rule_operand_read(c, e->left, &left), verified;

	ok &= rule_operand_read(c, e->right, &right);
	out->kind = EXPR_PAIR;
	out->negated = e->negated;
	out->list = named_list(c, e->list, out);
	if (!ok || !out->list)
		return false;
	if (left.retired || right.retired) {
		out->kind = EXPR_OPEN;
		return false;
	}
	check_provided(c, e->left, out);
	check_provided(c, e->right, out);
	if (list_kind(out->list) != LIST_PAIRS) {
		diag_error(c->set->diag, &e->list->at, NULL, "list '%.*s' holds %s, not pairs",
			VIEW_ARG(e->list->text), list_type_name(list_kind(out->list)));
		return false;
	}
	out->left = left.op;
	out->right = right.op;
	verified = half_suits(c, out->list, 0, &left, e->list);
	verified |= half_suits(c, out->list, 1, &right, e->list); /* who is in one half is who he says */
	return verified && !e->negated;
}

/* ---- rules, and, or, not, of ---- */

static bool
read_symbol(struct rule_check *c, const struct ast_expr *e, struct expr *out)
{
	struct rule_def *r = rule_operand_rule(c, e->symbol);

	if (!r) {
		out->kind = EXPR_OPEN;
		return false;
	}
	out->kind = r->disabled ? EXPR_FALSE : EXPR_RULE;
	out->n = (uint32_t)r->index;
	return rule_check_rule(c, r)->verified;
}

static int
cost_cmp(const void *a, const void *b)
{
	unsigned x = expr_cost(a), y = expr_cost(b);

	return x < y ? -1 : x > y;
}

/* Reads the args and returns how many of them are verified. Evaluation has no side effects, so the
 * cheapest goes first. */
static size_t
read_args(struct rule_check *c, const struct ast_expr *e, struct expr *out)
{
	struct expr *args = arena_array(c->set->arena, e->n_args, sizeof(*args));
	size_t n = 0, verified = 0;
	size_t errors = diag_errors(c->set->diag);

	for (const struct ast_expr *x = e->args; x; x = x->next)
		verified += rule_expr_read(c, x, &args[n++]);
	if (diag_errors(c->set->diag) == errors)
		qsort(args, n, sizeof(*args), cost_cmp);
	out->args = args;
	out->n = (uint32_t)n;
	return verified;
}

bool
rule_expr_read(struct rule_check *c, const struct ast_expr *e, struct expr *out)
{
	size_t verified;

	*out = (struct expr){.kind = EXPR_FALSE};
	switch (e->kind) {
	case AST_AND:
	case AST_OR:
		out->kind = e->kind == AST_AND ? EXPR_AND : EXPR_OR;
		verified = read_args(c, e, out);
		return e->kind == AST_AND ? verified > 0 : verified == e->n_args;
	case AST_NOT:
		out->kind = EXPR_NOT;
		c->negative = !c->negative;
		read_args(c, e, out);
		c->negative = !c->negative;
		return e->args->kind == AST_IS && e->args->left->kind == AST_FACT &&
		       rule_trust_present(e->args->left->name.text) && out->args->kind == EXPR_MISSING &&
		       !out->args->negated;
	case AST_OF:
		out->kind = EXPR_OF;
		out->count = (uint32_t)e->count;
		verified = read_args(c, e, out);
		return e->n_args - verified < e->count;
	case AST_SYMBOL:
		return read_symbol(c, e, out);
	case AST_PAIR:
		return read_pair(c, e, out);
	case AST_QUANTIFIED:
		return read_comparison(c, e->args, out, e);
	default:
		return read_comparison(c, e, out, NULL);
	}
}

bool
rule_expr_rule(struct rule_check *c, const struct rule_def *r, struct expr *out)
{
	struct arena *a = c->set->arena;
	size_t n = 1;
	struct expr *args;
	bool verified;

	if (!r->unless)
		return rule_expr_read(c, r->rule->when, out);
	for (const struct rule_unless *u = r->unless; u; u = u->next)
		n++;
	args = arena_array(a, n, sizeof(*args));
	*out = (struct expr){.kind = EXPR_AND, .n = (uint32_t)n, .args = args};
	verified = rule_expr_read(c, r->rule->when, args);
	c->negative = true;
	for (const struct rule_unless *u = r->unless; u; u = u->next) {
		struct expr *inner = arena_new_of(a, struct expr);

		*++args = (struct expr){.kind = EXPR_NOT, .n = 1, .args = inner};
		rule_expr_read(c, u->expr, inner);
	}
	c->negative = false;
	return verified;
}
