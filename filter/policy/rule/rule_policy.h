/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_policy -- thresholds, and the policies that replace them for some recipients.
 */
#ifndef POLICY_RULE_POLICY_H
#define POLICY_RULE_POLICY_H

#include "policy/rule/rule_check.h"

/* Fills c->threshold and c->policies, when all rules are read. */
void rule_policy_read(struct rule_check *c);

#endif
