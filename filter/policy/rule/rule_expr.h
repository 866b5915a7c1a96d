/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_expr -- from the tree of a condition to a compiled one, checked on the way.
 */
#ifndef POLICY_RULE_EXPR_H
#define POLICY_RULE_EXPR_H

#include "policy/rule/rule_check.h"

/* Fills *out, whose args live in the program's arena. The result: does the condition rest on evidence
 * that the client cannot forge? `and` keeps the best, `or` the worst; negated evidence counts as none. */
bool rule_expr_read(struct rule_check *c, const struct ast_expr *e, struct expr *out);
/* `when` and every `unless` as one: when and not unless and not unless ... */
bool rule_expr_rule(struct rule_check *c, const struct rule_def *r, struct expr *out);

#endif
