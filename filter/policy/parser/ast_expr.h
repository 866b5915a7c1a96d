/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ast_expr -- the words, sets, lists and conditions in the tree; policy/parser/ast.h tells about the whole.
 */
#ifndef POLICY_AST_EXPR_H
#define POLICY_AST_EXPR_H

#include "policy/diag.h"
#include "policy/list.h"

/* A token that is kept: a name, a fact, a value, a text. */
struct ast_word {
	struct ast_word *next;
	enum ast_word_kind { AST_WORD, AST_STRING, AST_REGEX } kind;
	struct view text; /* a string without quotes and escapes; a regex with its slashes */
	struct place at;  /* with the quotes: column + 1 is the first byte inside them */
};

/* ---- sets ---- */

struct ast_item {
	struct ast_item *next;
	struct ast_word word;    /* an item; "10-20" is one word */
	struct ast_word *second; /* of a pair ( word , second ), else NULL */
};
struct ast_set {
	struct ast_item *items;
	size_t n;
	struct place at; /* the '{' */
};

/* ---- lists ---- */

struct ast_source { /* of list items: a set or a file */
	struct ast_source *next;
	struct ast_set *set;   /* or NULL */
	struct ast_word *file; /* the text after "file"; or NULL */
	const char *path;      /* of the file, resolved against the folder of the rule file */
	bool optional;
};
struct ast_list {
	enum list_type type;          /* not said in a change */
	enum list_type first, second; /* LIST_PAIRS */
	bool remove;                  /* change list NAME remove; else a change adds */
	struct ast_source *sources;
};

/* ---- expressions ---- */

struct ast_operand {
	enum ast_operand_kind {
		AST_FACT,  /* name, or name(arg) */
		AST_COUNT, /* count(name) */
		AST_HITS,  /* hits(name): a symbol */
		AST_VALUE  /* right of an operator: a string, or a word: literal or fact */
	} kind;
	struct ast_word name;
	struct ast_word *arg; /* AST_FACT: header("X"), else NULL */
};

enum ast_expr_kind {
	AST_AND,      /* args: two or more */
	AST_OR,       /* args: two or more */
	AST_NOT,      /* args: one */
	AST_OF,       /* count of args */
	AST_SYMBOL,   /* symbol: another rule */
	AST_PAIR,     /* (left, right) [not] in list */
	AST_QUANTIFIED, /* args: one comparison, which is any kind below */
	AST_COMPARE,  /* left relop right */
	AST_MATCH,    /* left ~ or !~ regex, or list */
	AST_IN,       /* left [not] in list, or set (a network stands as a set of one) */
	AST_CONTAINS, /* left [not] contains text, or list */
	AST_IS,       /* left is [not] state */
	AST_BARE      /* left */
};
enum ast_quantifier { AST_ANY, AST_ALL, AST_NO };
enum ast_relop { AST_EQ, AST_NE, AST_LT, AST_LE, AST_GT, AST_GE };
enum ast_state { AST_MISSING, AST_PRESENT, AST_UNKNOWN };

struct ast_expr {
	struct ast_expr *next; /* in args of its parent */
	enum ast_expr_kind kind;
	struct place at; /* its first token; of AND and OR the first operator */
	struct ast_expr *args;
	size_t n_args;
	size_t count; /* AST_OF */
	enum ast_quantifier quantifier;
	enum ast_relop relop;
	enum ast_state state;
	bool negated;            /* "not in", "not contains", "is not", "!~" */
	struct place op;         /* the operator: relop, "~", "in", "contains", "is" */
	struct ast_operand *left, *right;
	struct ast_word *symbol; /* AST_SYMBOL */
	struct ast_word *list;   /* MATCH, IN, CONTAINS, PAIR: the name of a list */
	struct ast_word *regex;  /* AST_MATCH */
	struct ast_word *text;   /* AST_CONTAINS */
	struct ast_set *set;     /* AST_IN */
};

#endif
