/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_origin -- where each clause of a rule was written that is in effect after all changes.
 *
 * For people who ask; it reads a collected rule set (policy/rule/rule_set.h), not the workers' program.
 */
#ifndef POLICY_RULE_ORIGIN_H
#define POLICY_RULE_ORIGIN_H

#include "policy/rule/rule_set.h"

struct rule_origin {
	struct view text; /* on one line, without comments */
	struct place at;
};

/* The clauses in effect: `when`, every `unless`, then what the rule does; *n_out of them. Lives in a. */
const struct rule_origin *rule_origin_clauses(const struct rule_set *s, const struct rule_def *r,
	struct arena *a, size_t *n_out);
/* Every statement that declares or changes what is not a rule and has this name. Lives in a. */
const struct rule_origin *rule_origin_statements(const struct rule_set *s, struct view name,
	struct arena *a, size_t *n_out);
/* Every threshold in effect, for all recipients and of each policy, by level. Lives in a. */
const struct rule_origin *rule_origin_thresholds(const struct rule_set *s, struct arena *a, size_t *n_out);
/* Where policies disable the rule or skip what it adds to: "policy NAME disables it". Lives in a. */
const struct rule_origin *rule_origin_policies(const struct rule_set *s, const struct rule_def *r,
	struct arena *a, size_t *n_out);

#endif
