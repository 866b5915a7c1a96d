/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parser_expr -- the conditions of the rule language: what follows when, unless and for.
 */
#ifndef POLICY_PARSER_EXPR_H
#define POLICY_PARSER_EXPR_H

#include "policy/parser/reader.h"

/* Never NULL; incomplete if the reader failed. Nested up to EXPR_DEPTH. */
struct ast_expr *parser_expr(struct reader *r);
/* A relational operator; -1 if none is next. */
int parser_expr_relop(struct reader *r);

#endif
