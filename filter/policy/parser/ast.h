/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ast -- the tree of what rule files say, before any name is resolved.
 *
 * The parser appends the statements of every file to one struct ast, in the order in which they
 * stand; the checker resolves names when all files are read. Plain structs that live in the tree's
 * arena, the source text and the file names too. Lists are linked by `next`; a pointer that is NULL
 * is a part that was not written. Every node knows its place, for a caret.
 *
 * What the parser has checked: the grammar, the form of names, numbers, durations, scores and
 * return codes, reply codes against their verbs, `N of` against N conditions, and that a clause of
 * a rule or dnsbl stands once (rates, codes and effects may be several). What it has not: whether a
 * fact, rule, list, group, rate or policy exists, the types, the stages, list items and regexes.
 */
#ifndef POLICY_AST_H
#define POLICY_AST_H

#include "policy/parser/ast_rule.h"

/* ---- DNS lists, rates ---- */

struct ast_code {
	struct ast_code *next;
	struct dnsbl_match match;
	struct place at;
};
struct ast_dnsbl_code {
	struct ast_dnsbl_code *next;
	struct ast_word name;
	struct ast_code *codes;
};
struct ast_dnsbl { /* a declaration has zone and lookup; a change what it changes */
	struct ast_word *zone; /* may hold {secret:NAME} */
	struct ast_word *lookup;
	struct ast_dnsbl_code *codes;
	struct ast_code *errors;
	struct ast_word *timeout;
	uint32_t timeout_ms;
	struct ast_word *test_listed, *test_absent;
	struct ast_word *test_none; /* `test-entry none` */
	struct ast_word *limit;     /* the number */
	uint64_t limit_n;
	uint32_t limit_seconds;
};

enum ast_count { AST_MESSAGES, AST_RECIPIENTS, AST_CONNECTIONS, AST_BYTES, AST_REJECTS };
struct ast_rate {
	struct ast_word *what; /* NULL in a change that leaves it */
	enum ast_count count;
	struct ast_word *by; /* facts */
	struct ast_word *per;
	uint32_t seconds;
};

/* ---- tests ---- */

struct ast_given {
	struct ast_given *next;
	struct ast_word fact;
	struct ast_word *arg; /* header("X") */
	enum {
		AST_GIVEN_BARE,
		AST_GIVEN_VALUE,
		AST_GIVEN_SET,
		AST_GIVEN_UNKNOWN,
		AST_GIVEN_MISSING
	} kind;
	struct ast_word *value;
	struct ast_set *set;
};
struct ast_expect {
	struct ast_expect *next;
	enum { AST_EXPECT_SCORE, AST_EXPECT_UNKNOWN, AST_EXPECT_SYMBOL, AST_EXPECT_EFFECT } kind;
	bool negated;
	struct ast_word word; /* the symbol; the effect's name; "score" */
	enum effect_kind effect; /* "skip-greylist" is EFFECT_SKIP */
	enum ast_relop relop;
	int32_t score;
};
struct ast_test {
	struct ast_given *given;
	struct ast_word *message; /* the text as written */
	const char *message_path; /* resolved against the folder of the rule file */
	struct ast_expect *expect;
};

/* ---- statements ---- */

struct ast_retired {
	struct view kind;      /* "rule", "list", ... */
	struct ast_word *text; /* what to write instead */
};

enum ast_kind {
	AST_LANGUAGE,
	AST_INCLUDE, /* the statements of the other file stand before it, already read */
	AST_LIST,
	AST_DNSBL,
	AST_RATE,
	AST_RULE,
	AST_DISABLE,
	AST_THRESHOLD,
	AST_GROUP,
	AST_POLICY,
	AST_RETIRED,
	AST_TEST
};
/* A clause of a rule, dnsbl, policy or test as it was written, its comments too. */
struct ast_clause {
	struct ast_clause *next;
	struct place at;  /* its first word */
	struct view text; /* up to the end of its last token */
};
struct ast_statement {
	struct ast_statement *next;
	enum ast_kind kind;
	bool change;          /* a `change`: never of language, include, disable, retired or test */
	struct place at;      /* its first word; at.file is its file */
	struct ast_word name; /* what is declared or changed; a test's text; an include's text */
	struct ast_clause *clauses; /* in the order in which they stand */
	struct view text;     /* all of it as it was written, up to the end of its last token */
	union {
		struct ast_list *list;
		struct ast_dnsbl *dnsbl;
		struct ast_rate *rate;
		struct ast_rule *rule;
		struct ast_word *disable;    /* symbols */
		struct ast_level *threshold;
		struct ast_score *max;       /* group; NULL never */
		struct ast_policy *policy;
		struct ast_retired *retired;
		struct ast_test *test;
	};
};

struct ast_file { /* a rule file that was read */
	struct ast_file *next;
	const char *path;
	struct view text;
};

/* Begins as {.arena = a}, and a source. */
struct ast {
	struct arena *arena;
	const struct source_tree *source; /* where files are read from; NULL = the live files */
	bool alone; /* what a file includes is not read */
	struct ast_statement *first, *last;
	struct ast_statement *broken; /* hold a reported mistake; only kind, change, name count */
	size_t n;                     /* statements, without the broken ones */
	struct ast_file *files, *last_file;
	size_t n_files;
};

#endif
