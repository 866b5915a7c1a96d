/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ast_rule -- rules, effects, thresholds and policies in the tree; policy/parser/ast.h tells about the whole.
 */
#ifndef POLICY_AST_RULE_H
#define POLICY_AST_RULE_H

#include "policy/parser/ast_expr.h"
#include "policy/program.h"

/* ---- rules ---- */

struct ast_score {
	int32_t hundredths;
	struct place at;
};
struct ast_effect {
	struct ast_effect *next;
	enum effect_kind kind;
	struct place at;            /* its first word */
	struct ast_word *stage_word; /* at STAGE, or NULL */
	enum stage stage;
	struct ast_word *code;      /* reject, defer */
	int code_n;                 /* 0 = not said */
	struct ast_word *enhanced;
	struct ast_word *text;      /* reject, defer, quarantine, tag; value of a header */
	struct ast_word *header;    /* EFFECT_ADD_HEADER: its name */
	uint32_t seconds;           /* greylist, tarpit; 0 = not said */
	uint32_t window, life;      /* greylist; 0 = not said */
	struct ast_word *skip;      /* EFFECT_SKIP: "greylist", "score" or groups */
};
struct ast_rule { /* also of a change, which says what it changes and has no `when` */
	struct ast_expr *when, *unless;
	struct ast_score *score;
	struct ast_effect *effects;
	struct ast_effect *if_unknown;
	struct ast_word *group;
	struct ast_word *scope_word;
	enum scope scope;
	struct ast_word *info;
	struct ast_word *trial, *enforce; /* the word itself */
};

/* ---- thresholds, groups, policies ---- */

struct ast_level {
	struct ast_level *next;
	enum level level;
	bool off;
	int32_t score;
	struct place at;       /* its name */
	struct place score_at; /* the score, or "off" */
	struct ast_word *text;
};
struct ast_policy {
	struct ast_expr *when; /* NULL in a change that leaves it */
	struct ast_level *levels;
	struct ast_word *disable;
	struct ast_word *skip;
	struct ast_word *at_most_word;
	enum at_most at_most;
};

#endif
