/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_missing -- the warning about negated tests of facts that may be missing.
 *
 * "mail.domain not in own-domains" is true of every bounce, which has no sender's domain. Meant or not,
 * it should be written: "mail.domain is present and ...". What else implies presence, within the same
 * `and`, counts too.
 */
#ifndef POLICY_RULE_MISSING_H
#define POLICY_RULE_MISSING_H

#include "policy/rule/rule_check.h"

void rule_missing_check(struct rule_check *c, const struct rule_def *r);

#endif
