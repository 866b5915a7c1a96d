/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_expr.h"

#include "policy/parser/literal.h"
#include "policy/parser/parser_list.h"
#include "util/cidr.h"

static const char reserved[] = "and or not of in is contains when unless accept reject defer "
			       "discard quarantine greylist tarpit tag add skip if group scope "
			       "info trial enforce";

static struct ast_expr *
node(struct reader *r, enum ast_expr_kind kind)
{
	struct ast_expr *e = arena_new_of(r->arena, struct ast_expr);

	e->kind = kind;
	e->at = r->now.at;
	return e;
}

/* ---- operands and values ---- */

/* operand = FACT [ "(" STRING ")" ] | "count" "(" FACT ")" | "hits" "(" SYMBOL ")" */
static void
arguments(struct reader *r, struct ast_operand *o)
{
	struct ast_word *inner;

	if (!reader_take_punct(r, '('))
		return;
	if (view_eq_str(o->name.text, "count") || view_eq_str(o->name.text, "hits")) {
		o->kind = o->name.text.p[0] == 'c' ? AST_COUNT : AST_HITS;
		inner = o->kind == AST_COUNT ? reader_word(r, "a fact with many values")
					     : reader_symbol(r);
		o->name = *inner;
	} else {
		o->kind = AST_FACT;
		o->arg = reader_string(r, "a header name");
	}
	reader_punct(r, ')', "");
}

static struct ast_operand *
operand(struct reader *r)
{
	struct ast_operand *o = arena_new_of(r->arena, struct ast_operand);

	if (!reader_at(r, TOKEN_WORD))
		reader_expected(r, "a condition", NULL);
	else if (reader_index(r, reserved) >= 0)
		reader_fail(r, NULL, "expected a condition before %s", reader_shown(r, &r->now));
	o->kind = AST_FACT;
	o->name = *reader_keep(r);
	arguments(r, o);
	return o;
}

/* value = operand | WORD | STRING */
static struct ast_operand *
value(struct reader *r)
{
	struct ast_operand *o = arena_new_of(r->arena, struct ast_operand);
	bool text = reader_at(r, TOKEN_STRING);

	if (!text && !reader_at(r, TOKEN_WORD))
		reader_expected(r, "a value",
			reader_at(r, TOKEN_OP) && r->now.text.p[0] == '<'
				? "for the empty sender <> write 'mail.null'"
				: NULL);
	o->kind = AST_VALUE;
	o->name = *reader_keep(r);
	if (!text)
		arguments(r, o);
	return o;
}

/* ---- comparisons ---- */

/* relop = "=" | "!=" | "<" | "<=" | ">" | ">=" */
int
parser_expr_relop(struct reader *r)
{
	static const char *const names[] = {[AST_EQ] = "=", [AST_NE] = "!=", [AST_LT] = "<",
		[AST_LE] = "<=", [AST_GT] = ">", [AST_GE] = ">="};

	for (size_t i = 0; reader_at(r, TOKEN_OP) && i < sizeof(names) / sizeof(*names); i++) {
		if (!view_eq_str(r->now.text, names[i]))
			continue;
		reader_skip(r);
		return (int)i;
	}
	return -1;
}

/* ( "~" | "!~" ) ( REGEX | NAME ) */
static void
match(struct reader *r, struct ast_expr *e)
{
	e->kind = AST_MATCH;
	e->negated = r->now.text.p[0] == '!';
	reader_skip(r);
	if (reader_at(r, TOKEN_REGEX))
		e->regex = reader_keep(r);
	else if (reader_at(r, TOKEN_STRING))
		reader_fail(r, "write /.../, or 'contains' for a plain text",
			"expected a regular expression, found a text");
	else
		e->list = reader_name(r, "a regular expression /.../ or a list of regexes");
}

/* "in" ( NAME | set | NETWORK ) */
static void
in(struct reader *r, struct ast_expr *e)
{
	struct view word = r->now.text;
	struct cidr net;
	bool host_bits;

	e->kind = AST_IN;
	if (reader_at_punct(r, '{')) {
		e->set = parser_list_set(r);
		return;
	}
	if (reader_at(r, TOKEN_WORD) && !literal_is_name(word) &&
		cidr_parse(word, &net, &host_bits)) {
		e->set = arena_new_of(r->arena, struct ast_set);
		e->set->at = r->now.at;
		e->set->items = arena_new_of(r->arena, struct ast_item);
		e->set->items->word = *reader_keep(r);
		e->set->n = 1;
		return;
	}
	if (reader_at(r, TOKEN_WORD) && !literal_is_name(word))
		reader_expected(r, "a list name or { ... }",
			arena_printf(r->arena, "write { %.*s }", VIEW_ARG(view_head(word, 60))).p);
	e->list = reader_name(r, "a list name or { ... }");
}

/* "contains" ( STRING | NAME ) */
static void
contains(struct reader *r, struct ast_expr *e)
{
	e->kind = AST_CONTAINS;
	if (reader_at(r, TOKEN_STRING))
		e->text = reader_keep(r);
	else
		e->list = reader_name(r, "a text in double quotes or a list of phrases");
}

/* "is" [ "not" ] ( "missing" | "present" | "unknown" ) */
static void
is(struct reader *r, struct ast_expr *e)
{
	int state;

	e->kind = AST_IS;
	e->negated = reader_take_word(r, "not");
	state = reader_index(r, "missing present unknown");
	if (state < 0 && reader_at(r, TOKEN_WORD) && !r->failed)
		reader_fail(r,
			arena_printf(r->arena, "to compare write '= %.*s'",
				VIEW_ARG(view_head(r->now.text, 60))).p,
			"after 'is' comes missing, present or unknown");
	else if (state < 0)
		reader_expected(r, "'missing', 'present' or 'unknown'", NULL);
	else
		e->state = (enum ast_state)state;
	reader_skip(r);
}

/* comparison = operand [ relop value | ( "~" | "!~" ) ( REGEX | NAME ) | [ "not" ] "in" ...
 *            | [ "not" ] "contains" ... | "is" ... ] */
static struct ast_expr *
comparison(struct reader *r)
{
	struct ast_expr *e = node(r, AST_BARE);
	int relop;

	e->left = operand(r);
	e->op = r->now.at;
	if (reader_at(r, TOKEN_OP)) {
		relop = parser_expr_relop(r);
		if (relop < 0) {
			match(r, e);
			return e;
		}
		e->kind = AST_COMPARE;
		e->relop = (enum ast_relop)relop;
		e->right = value(r);
		return e;
	}
	e->negated = reader_take_word(r, "not");
	if (reader_take_word(r, "in"))
		in(r, e);
	else if (reader_take_word(r, "contains"))
		contains(r, e);
	else if (e->negated)
		reader_expected(r, "'in' or 'contains' after 'not'", NULL);
	else if (reader_take_word(r, "is"))
		is(r, e);
	return e;
}

/* [ "any" | "all" | "no" ] comparison */
static struct ast_expr *
quantified(struct reader *r)
{
	int quantifier = reader_index(r, "any all no");
	struct ast_expr *e;

	if (quantifier < 0)
		return comparison(r);
	e = node(r, AST_QUANTIFIED);
	e->quantifier = (enum ast_quantifier)quantifier;
	reader_skip(r);
	e->args = comparison(r);
	e->n_args = 1;
	return e;
}

/* ---- parentheses ---- */

/* A pair begins as any parenthesis does; it shows at the comma behind its first operand:
 * "(" operand "," operand ")" [ "not" ] "in" NAME */
static struct ast_expr *
pair(struct reader *r, struct ast_expr *first)
{
	struct ast_expr *e = first;

	if (e->kind != AST_BARE)
		reader_expected(r, "')' to close the parenthesis", NULL);
	reader_punct(r, ',', "");
	e->kind = AST_PAIR;
	e->right = operand(r);
	reader_punct(r, ')', " to close the pair");
	e->op = r->now.at;
	e->negated = reader_take_word(r, "not");
	reader_keyword(r, "in", "'in LIST' after a pair");
	e->list = reader_name(r, "a list of pairs");
	return e;
}

static struct ast_expr *
parenthesis(struct reader *r)
{
	struct ast_expr *e;

	reader_skip(r);
	e = parser_expr(r);
	if (reader_at_punct(r, ','))
		return pair(r, e);
	reader_punct(r, ')', " to close the parenthesis");
	return e;
}

/* INT "of" "(" expr { "," expr } ")" */
static struct ast_expr *
of(struct reader *r)
{
	struct ast_expr *e = node(r, AST_OF), **last = &e->args;
	struct token number = r->now;
	uint64_t n;

	reader_number(r, "a number", 1000000, &n);
	reader_keyword(r, "of", "'of' after the number");
	reader_punct(r, '(', " after 'of'");
	do {
		*last = parser_expr(r);
		last = &(*last)->next;
		e->n_args++;
	} while (reader_take_punct(r, ','));
	reader_punct(r, ')', "");
	e->count = n;
	if (!r->failed && (n < 1 || n > e->n_args))
		reader_fail_at(r, &number.at, NULL, "%llu of %zu conditions can never be true",
			(unsigned long long)n, e->n_args);
	return e;
}

static struct ast_expr *
symbol(struct reader *r)
{
	struct ast_expr *e = node(r, AST_SYMBOL);

	e->symbol = reader_keep(r);
	if (reader_at(r, TOKEN_OP) && !r->failed)
		reader_fail(r,
			arena_printf(r->arena, "write '%.*s' or 'not %.*s'",
				VIEW_ARG(view_head(e->symbol->text, 60)),
				VIEW_ARG(view_head(e->symbol->text, 60))).p,
			"a rule is true or false, it cannot be compared");
	return e;
}

/* ---- and, or, not ---- */

/* primary = "(" expr ")" | SYMBOL | INT "of" ... | "(" operand "," operand ")" ... | comparison */
static struct ast_expr *
primary(struct reader *r)
{
	uint64_t n;

	if (reader_at_punct(r, '('))
		return parenthesis(r);
	if (reader_at(r, TOKEN_WORD) && view_number(r->now.text, UINT64_MAX, &n))
		return of(r);
	if (reader_at(r, TOKEN_WORD) && literal_is_symbol(r->now.text))
		return symbol(r);
	return quantified(r);
}

/* unary = "not" unary | primary */
static struct ast_expr *
unary(struct reader *r)
{
	struct ast_expr *e;

	if (++r->level > EXPR_DEPTH)
		reader_fail(r, "give parts of the condition names: rules of their own",
			"the condition is nested more than %d deep", EXPR_DEPTH);
	if (reader_at_word(r, "not")) {
		e = node(r, AST_NOT);
		reader_skip(r);
		e->args = unary(r);
		e->n_args = 1;
	} else {
		e = primary(r);
	}
	r->level--;
	return e;
}

/* expr = unary { "and" unary } | unary { "or" unary } */
struct ast_expr *
parser_expr(struct reader *r)
{
	struct ast_expr *first = unary(r), *all, **last;
	int op = reader_index(r, "and or");

	if (op < 0)
		return first;
	all = node(r, op == 0 ? AST_AND : AST_OR);
	all->args = first;
	all->n_args = 1;
	last = &first->next;
	for (int next; (next = reader_index(r, "and or")) >= 0;) {
		if (next != op) {
			reader_fail(r, "write (a and b) or c, or a and (b or c)",
				"'and' and 'or' are mixed without parentheses");
			break;
		}
		reader_skip(r);
		*last = unary(r);
		last = &(*last)->next;
		all->n_args++;
	}
	return all;
}
