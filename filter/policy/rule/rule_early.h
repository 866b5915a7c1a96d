/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_early -- which rules may decide something at RCPT, and which facts must be there by then.
 *
 * The engine waits at RCPT for these facts only. Likewise which facts the rules for inbound and for outbound
 * mail read: of such mail nothing else is looked up. Also marks the rules whose "unknown" is worth keeping
 * within one evaluation (policy/expr.h).
 */
#ifndef POLICY_RULE_EARLY_H
#define POLICY_RULE_EARLY_H

#include "policy/rule/rule_check.h"

/* After rule_check_all, without errors. */
void rule_early_mark(struct rule_check *c);

#endif
