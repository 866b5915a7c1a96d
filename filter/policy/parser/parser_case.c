/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_case.h"

#include "policy/parser/literal.h"
#include "policy/parser/parser_expr.h"
#include "policy/parser/parser_list.h"
#include "policy/parser/parser_rule.h"
#include "policy/source.h"
#include "policy/suggest.h"

static const char parts[] = "given message expect";

/* given = FACT [ "(" STRING ")" ] [ WORD | STRING | set | "unknown" | "missing" ] */
static struct ast_given *
given(struct reader *r)
{
	struct ast_given *g = arena_new_of(r->arena, struct ast_given);

	g->fact = *reader_word(r, "a fact");
	if (reader_take_punct(r, '(')) {
		g->arg = reader_string(r, "a header name");
		reader_punct(r, ')', "");
	}
	if (reader_at_punct(r, '{')) {
		g->kind = AST_GIVEN_SET;
		g->set = parser_list_set(r);
	} else if (reader_take_word(r, "unknown")) {
		g->kind = AST_GIVEN_UNKNOWN;
	} else if (reader_take_word(r, "missing")) {
		g->kind = AST_GIVEN_MISSING;
	} else if (reader_at(r, TOKEN_STRING) ||
		(reader_at(r, TOKEN_WORD) && reader_index(r, parts) < 0)) {
		g->kind = AST_GIVEN_VALUE;
		g->value = reader_keep(r);
	}
	return g;
}

static void
expect_effect(struct reader *r, struct ast_expect *e)
{
	static const char effects[] = "accept reject defer discard quarantine greylist tarpit tag "
				      "skip-greylist";
	const char *hint = suggest_words(r->now.text, effects, r->arena);

	e->kind = AST_EXPECT_EFFECT;
	if (!parser_rule_effect(r->now.text, &e->effect))
		reader_fail(r, hint, "unknown action %s", reader_shown(r, &r->now));
	e->word = *reader_keep(r);
}

static void
expect_score(struct reader *r, struct ast_expect *e)
{
	int relop;

	e->kind = AST_EXPECT_SCORE;
	e->word = *reader_keep(r);
	relop = parser_expr_relop(r);
	if (relop < 0)
		reader_expected(r, "a comparison such as '= 4' after 'score'", NULL);
	else
		e->relop = (enum ast_relop)relop;
	e->score = reader_score(r, NULL);
}

/* expect = "score" relop SCORE | "unknown" SYMBOL | [ "not" ] ( SYMBOL | effect-name ) */
static struct ast_expect *
expect(struct reader *r)
{
	struct ast_expect *e = arena_new_of(r->arena, struct ast_expect);

	e->negated = reader_take_word(r, "not");
	if (!e->negated && reader_at_word(r, "score")) {
		expect_score(r, e);
	} else if (!e->negated && reader_take_word(r, "unknown")) {
		e->kind = AST_EXPECT_UNKNOWN;
		e->word = *reader_symbol(r);
	} else if (!reader_at(r, TOKEN_WORD)) {
		reader_expected(r, "a rule name or an action", NULL);
	} else if (literal_is_symbol(r->now.text)) {
		e->kind = AST_EXPECT_SYMBOL;
		e->word = *reader_keep(r);
	} else {
		expect_effect(r, e);
	}
	return e;
}

/* test = "test" STRING { "given" given { "," given } | "message" STRING
 *      | "expect" expect { "," expect } } */
void
parser_case(struct reader *r, struct ast_statement *s)
{
	struct ast_test *t = arena_new_of(r->arena, struct ast_test);
	struct ast_given **last_given = &t->given;
	struct ast_expect **last_expect = &t->expect;

	s->test = t;
	s->name = *reader_string(r, "a test name");
	while (!r->failed && !reader_at(r, TOKEN_END)) {
		reader_clause(r);
		if (reader_take_word(r, "given")) {
			do {
				*last_given = given(r);
				last_given = &(*last_given)->next;
			} while (reader_take_punct(r, ','));
		} else if (reader_take_word(r, "expect")) {
			do {
				*last_expect = expect(r);
				last_expect = &(*last_expect)->next;
			} while (reader_take_punct(r, ','));
		} else if (!t->message && reader_take_word(r, "message")) {
			t->message = reader_string(r, "a file name");
			t->message_path = source_beside(r->file, t->message->text, r->arena);
		} else {
			reader_expected(r, "'given', 'message' or 'expect'",
				suggest_words(r->now.text, parts, r->arena));
		}
	}
}
