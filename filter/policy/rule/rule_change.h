/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_change -- `change` and `disable`: what a site alters of the files that it does not edit.
 *
 * Applied when every file is read. Because order has no meaning, two changes of one clause are an error;
 * exceptions and list items add up.
 */
#ifndef POLICY_RULE_CHANGE_H
#define POLICY_RULE_CHANGE_H

#include "policy/rule/rule_set.h"

void rule_change_apply(struct rule_set *s, const struct ast_statement *st);
/* Adds an exception to a rule. */
void rule_change_except(struct rule_set *s, struct rule_def *r, const struct ast_expr *unless);

#endif
