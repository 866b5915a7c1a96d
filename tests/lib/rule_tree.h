/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_tree -- the tree of rule statements as text, so that tables can say what a parser makes of them.
 *
 * Every word of the tree stands in it, in one fixed form; scores in hundredths, durations in seconds.
 */
#ifndef TESTS_LIB_RULE_TREE_H
#define TESTS_LIB_RULE_TREE_H

#include "policy/parser/ast.h"
#include "util/buf.h"

void rule_tree_write(struct buf *b, const struct ast_statement *s);

struct rule_tree_row {
	const char *text, *want;
};
/* Asserts for every row that "BEFORE TEXT" is taken, as "BEFORE WANT". */
void rule_tree_accepts(const struct rule_tree_row *rows, size_t n, const char *before);

struct rule_tree_fault {
	const char *text;
	const char *want; /* "COLUMN: the beginning of the message"; NULL = it is right after all */
	const char *hint; /* the beginning of the remedy, or NULL */
};
/* Asserts that each gets one error on its first line, at that column. */
void rule_tree_refuses(const struct rule_tree_fault *rows, size_t n);

#endif
