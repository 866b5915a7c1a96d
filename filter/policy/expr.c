/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/expr.h"

#include <stdio.h>

#include "policy/parser/overrun.h"
#include "util/limits.h"

/* One call from outside. */
struct run {
	const struct program_eval *e;
	uint32_t kept[EXPR_KEPT_MAX]; /* rules whose memo says "unknown" until the call ends */
	size_t n_kept;
};

static enum tri truth(struct run *r, const struct expr *x);

/* Kept out of truth(), whose frame then is small: it is the one that nests. */
#define APART __attribute__((noinline))

static enum tri
tri_not(enum tri t)
{
	return t == TRI_UNKNOWN ? t : t == TRI_TRUE ? TRI_FALSE : TRI_TRUE;
}

static enum tri
tri_of(bool yes)
{
	return yes ? TRI_TRUE : TRI_FALSE;
}

/* ---- rules ---- */

APART static enum tri
rule_truth(struct run *r, size_t rule, bool keep)
{
	const struct program_eval *e = r->e;
	enum tri t;

	if (e->off && e->off[rule])
		return TRI_FALSE;
	if (e->memo[rule])
		return (enum tri)(e->memo[rule] - 1);
	t = truth(r, e->program->rules[rule].when);
	if (t != TRI_UNKNOWN) {
		e->memo[rule] = (uint8_t)(1 + t);
	} else if (keep && r->n_kept < EXPR_KEPT_MAX) {
		e->memo[rule] = 1 + TRI_UNKNOWN;
		r->kept[r->n_kept++] = (uint32_t)rule;
	}
	return t;
}

/* What is unknown now may be known at the next stage. */
static void
forget(struct run *r)
{
	while (r->n_kept > 0)
		r->e->memo[r->kept[--r->n_kept]] = 0;
}

/* ---- operands ---- */

static inline const struct fact_value *
value_at(const struct run *r, size_t slot)
{
	return r->e->values ? r->e->values[slot] : r->e->fact(r->e->ctx, slot);
}

/* The value, in *room if it had to be made. */
static const struct fact_value *
operand_value(struct run *r, const struct operand *o, struct fact_value *room)
{
	const struct fact_value *v;
	enum tri t;

	if (o->kind == OPERAND_HITS) {
		t = rule_truth(r, o->index, false);
		*room = fact_number(t == TRI_TRUE);
		if (t == TRI_UNKNOWN)
			room->state = FACT_PENDING; /* the rule may yet be decided */
		return room;
	}
	if (o->kind == OPERAND_ZERO) {
		*room = fact_number(0);
		return room;
	}
	v = value_at(r, o->index);
	if (o->kind == OPERAND_SLOT || v->state == FACT_UNKNOWN || v->state == FACT_PENDING)
		return v;
	*room = fact_number(v->state == FACT_KNOWN ? (int64_t)v->list.n : 0);
	return room;
}

static bool
is_open(const struct fact_value *v)
{
	return v->state == FACT_UNKNOWN || v->state == FACT_PENDING;
}

static bool
is_number(enum fact_type t)
{
	return t == FACT_NUMBER || t == FACT_DURATION || t == FACT_SIZE;
}

/* One of a list's items, which are always text, as a value of the list's type. */
static struct fact_value
item_value(enum fact_type t, struct view item)
{
	struct fact_value v = {.state = FACT_KNOWN};
	uint64_t n;

	if (t == FACT_IP)
		return ip_parse(item, &v.ip) ? v : fact_missing();
	if (is_number(t))
		return view_number(item, INT64_MAX, &n) ? fact_number((int64_t)n) : fact_missing();
	return fact_text(item);
}

/* ---- tests ---- */

static bool
ordered(enum expr_order order, int64_t a, int64_t b)
{
	switch (order) {
	case EXPR_LT:
		return a < b;
	case EXPR_LE:
		return a <= b;
	case EXPR_GT:
		return a > b;
	case EXPR_GE:
		return a >= b;
	default:
		return a == b;
	}
}

/* Both are known or missing. */
static enum tri
compare(const struct expr *x, const struct fact_value *a, const struct fact_value *b)
{
	if (a->state == FACT_MISSING || b->state == FACT_MISSING)
		return TRI_FALSE;
	if (is_number(x->left.type))
		return tri_of(ordered(x->order, a->number, b->number));
	if (x->left.type == FACT_IP)
		return tri_of(ip_eq(&a->ip, &b->ip));
	if (x->left.type == FACT_BOOL)
		return tri_of(a->yes == b->yes);
	return tri_of(view_eq_nocase(a->text, b->text));
}

static enum tri
compare_facts(struct run *r, const struct expr *x, const struct fact_value *a)
{
	struct fact_value room;
	const struct fact_value *b = operand_value(r, &x->right, &room);

	return is_open(b) ? TRI_UNKNOWN : compare(x, a, b);
}

static enum tri
tri_answer(enum list_answer answer)
{
	return answer == LIST_LIMIT ? TRI_UNKNOWN : tri_of(answer == LIST_YES);
}

/* The text of a value, for pairs. buf holds what is not text by itself. */
static struct view
value_text(enum fact_type t, const struct fact_value *v, char buf[static IP_TEXT_MAX])
{
	if (t == FACT_IP)
		ip_format(&v->ip, buf);
	else if (is_number(t))
		snprintf(buf, IP_TEXT_MAX, "%lld", (long long)v->number);
	else
		return t == FACT_BOOL ? VIEW("") : v->text;
	return view_str(buf);
}

static enum tri
pair(struct run *r, const struct expr *x, const struct fact_value *a)
{
	struct fact_value room;
	const struct fact_value *b = operand_value(r, &x->right, &room);
	char first[IP_TEXT_MAX], second[IP_TEXT_MAX];

	if (is_open(b))
		return TRI_UNKNOWN;
	if (a->state == FACT_MISSING || b->state == FACT_MISSING)
		return TRI_FALSE;
	return tri_of(list_has_pair(
		x->list, value_text(x->left.type, a, first), value_text(x->right.type, b, second)));
}

/* Can the expression match the slot's value at all? */
static bool
is_possible(const struct run *r, const struct expr *x)
{
	const struct regex_group *g = &r->e->program->regexes[x->n - 1];
	struct found_regexes *f = &r->e->found->regexes[x->n - 1];
	const struct fact_value *v = value_at(r, g->slot);
	const void *of = g->many ? (const void *)v->list.item : v->text.p;
	size_t n = g->many ? v->list.n : v->text.n;

	if (f->of != of || f->n != n) {
		memset(f->bits, 0, regex_set_words(g->set) * sizeof(*f->bits));
		for (size_t i = 0; g->many && i < n; i++)
			regex_set_possible(g->set, v->list.item[i], f->bits);
		if (!g->many)
			regex_set_possible(g->set, v->text, f->bits);
		f->of = of;
		f->n = n;
	}
	return f->bits[x->right.index / 64] >> x->right.index % 64 & 1;
}

static enum tri
search(struct run *r, const struct expr *x, const struct fact_value *v)
{
	enum list_answer answer;

	if (x->n && r->e->found && r->e->program->regexes[x->n - 1].set && !is_possible(r, x))
		return TRI_FALSE;
	answer = list_search(x->list, v->text);
	if (answer == LIST_LIMIT)
		overrun_log(r->e->program, x);
	return tri_answer(answer);
}

/* The test of one value that is known or missing, before `negated`. With a missing operand every
 * test is false, so that its negation is its exact opposite. */
static enum tri
plain_test(struct run *r, const struct expr *x, const struct fact_value *v)
{
	switch (x->kind) {
	case EXPR_COMPARE:
		return x->value ? compare(x, v, x->value) : compare_facts(r, x, v);
	case EXPR_PAIR:
		return pair(r, x, v);
	default:
		break;
	}
	if (v->state == FACT_MISSING)
		return TRI_FALSE;
	if (x->kind == EXPR_IN)
		return tri_answer(list_has(x->list, x->left.type, v));
	return search(r, x, v);
}

static enum tri
test_value(struct run *r, const struct expr *x, const struct fact_value *v)
{
	enum tri t = plain_test(r, x, v);

	return x->negated ? tri_not(t) : t;
}

/* any: or; all: and, but not of nothing; no: not any. A missing list is an empty one. */
static enum tri
test_list(struct run *r, const struct expr *x, const struct fact_value *v)
{
	enum tri stop = x->quantifier == EXPR_ALL ? TRI_FALSE : TRI_TRUE, all = tri_not(stop);
	size_t n = v->state == FACT_MISSING ? 0 : v->list.n;

	if (n == 0 && x->quantifier == EXPR_ALL)
		return TRI_FALSE;
	for (size_t i = 0; i < n && all != stop; i++) {
		struct fact_value item = item_value(x->left.type, v->list.item[i]);
		enum tri t = test_value(r, x, &item);

		if (t == stop || t == TRI_UNKNOWN)
			all = t;
	}
	return x->quantifier == EXPR_NO ? tri_not(all) : all;
}

APART static enum tri
test(struct run *r, const struct expr *x)
{
	struct fact_value room;
	const struct fact_value *v = operand_value(r, &x->left, &room);

	if (is_open(v))
		return TRI_UNKNOWN;
	return x->quantifier == EXPR_ONE ? test_value(r, x, v) : test_list(r, x, v);
}

/* Rules that ask the same of the same value get the same answer. */
static enum tri
look_up(struct run *r, const struct expr *x)
{
	const struct fact_value *v = value_at(r, x->left.index);
	struct found_answer *f = &r->e->found->lookups[x->n - 1];
	const void *of = x->quantifier == EXPR_ONE ? v->text.p : (const void *)v->list.item;
	size_t n = x->quantifier == EXPR_ONE ? v->text.n : v->list.n;

	if (v->state != FACT_KNOWN || n == 0)
		return test(r, x);
	if (f->of != of || f->n != n)
		*f = (struct found_answer){of, n, test(r, x)};
	return f->answer;
}

/* What nobody computes stays pending for ever. */
static bool
will_come(const struct run *r, const struct operand *o, const struct fact_value *v)
{
	if (v->state != FACT_PENDING)
		return false;
	return o->kind == OPERAND_HITS || r->e->program->slots[o->index].owner != SIZE_MAX;
}

/* "is unknown" waits for a fact that is only pending; "is missing" of an unknown one is unknown. */
APART static enum tri
test_state(struct run *r, const struct expr *x)
{
	struct fact_value room;
	const struct fact_value *v = operand_value(r, &x->left, &room);
	bool empty, yes;

	if (will_come(r, &x->left, v) || (is_open(v) && x->kind == EXPR_MISSING))
		return TRI_UNKNOWN;
	empty = v->state == FACT_MISSING ||
		(x->quantifier != EXPR_ONE && v->state == FACT_KNOWN && v->list.n == 0);
	yes = x->kind == EXPR_MISSING ? empty : is_open(v);
	return tri_of(yes != x->negated);
}

/* The two most frequent tests by far, without what they do not need. */
static enum tri
test_bool(struct run *r, const struct expr *x)
{
	const struct fact_value *v = value_at(r, x->left.index);

	return is_open(v) ? TRI_UNKNOWN : tri_of(v->state == FACT_KNOWN && v->yes);
}

static enum tri
test_literal(struct run *r, const struct expr *x)
{
	const struct fact_value *v = value_at(r, x->left.index);
	enum tri t;

	if (is_open(v))
		return TRI_UNKNOWN;
	t = compare(x, v, x->value);
	return x->negated ? tri_not(t) : t;
}

/* ---- and, or, N of ---- */

static enum tri
until(struct run *r, const struct expr *x, enum tri stop)
{
	enum tri all = tri_not(stop);

	for (uint32_t i = 0; i < x->n; i++) {
		enum tri t = truth(r, &x->args[i]);

		if (t == stop)
			return t;
		if (t == TRI_UNKNOWN)
			all = t;
	}
	return all;
}

APART static enum tri
of(struct run *r, const struct expr *x)
{
	uint32_t yes = 0, open = 0;

	for (uint32_t i = 0; i < x->n && yes < x->count; i++) {
		enum tri t = truth(r, &x->args[i]);

		yes += t == TRI_TRUE;
		open += t == TRI_UNKNOWN;
	}
	if (yes >= x->count)
		return TRI_TRUE;
	return yes + open >= x->count ? TRI_UNKNOWN : TRI_FALSE;
}

static enum tri
truth(struct run *r, const struct expr *x)
{
	switch ((enum expr_kind)x->kind) {
	case EXPR_FALSE:
		return TRI_FALSE;
	case EXPR_OPEN:
		return TRI_UNKNOWN;
	case EXPR_AND:
		return until(r, x, TRI_FALSE);
	case EXPR_OR:
		return until(r, x, TRI_TRUE);
	case EXPR_NOT:
		return tri_not(truth(r, x->args));
	case EXPR_OF:
		return of(r, x);
	case EXPR_RULE:
		return rule_truth(r, x->n, x->keep);
	case EXPR_MISSING:
	case EXPR_UNKNOWN:
		return test_state(r, x);
	case EXPR_BARE:
		return test_bool(r, x);
	case EXPR_COMPARE:
		if (x->value && x->left.kind == OPERAND_SLOT && x->quantifier == EXPR_ONE)
			return test_literal(r, x);
		return test(r, x);
	case EXPR_IN:
		return x->n && r->e->found ? look_up(r, x) : test(r, x);
	default:
		return test(r, x);
	}
}

enum tri
expr_truth(const struct program_eval *e, const struct expr *x)
{
	struct run r;
	enum tri t;

	r.e = e; /* the rest is not read before it is written: 4 KB a call are not cleared */
	r.n_kept = 0;
	t = truth(&r, x);
	forget(&r);
	return t;
}

enum tri
expr_rule(const struct program_eval *e, size_t rule)
{
	struct run r;
	enum tri t;

	r.e = e;
	r.n_kept = 0;
	t = rule_truth(&r, rule, false);
	forget(&r);
	return t;
}

/* ---- cost ---- */

unsigned
expr_cost(const struct expr *x)
{
	unsigned cost = 1;

	switch ((enum expr_kind)x->kind) {
	case EXPR_AND:
	case EXPR_OR:
	case EXPR_NOT:
	case EXPR_OF:
		for (uint32_t i = 0; i < x->n; i++)
			cost += expr_cost(&x->args[i]);
		return cost;
	case EXPR_RULE:
		return 8;
	case EXPR_COMPARE:
		return 2;
	case EXPR_IN:
	case EXPR_PAIR:
		return x->quantifier == EXPR_ONE ? 4 : 16;
	case EXPR_SEARCH:
		return list_kind(x->list) == LIST_PHRASES ? 1000 : 10000;
	default:
		return 1;
	}
}
