/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_rate -- `rate` statements: rate.NAME has the stage of the latest fact that it counts by, and of what
 * it counts.
 */
#ifndef POLICY_RULE_RATE_H
#define POLICY_RULE_RATE_H

#include "policy/rule/rule_check.h"

/* Adds the facts to the fact table, before any rule is read. */
void rule_rate_declare(struct rule_check *c);
/* Fills c->rates, when all rules are read. What they count by gets slots. */
void rule_rate_compile(struct rule_check *c);

#endif
