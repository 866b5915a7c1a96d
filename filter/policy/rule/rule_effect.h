/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_effect -- what a rule does: possible at its stage, and not given away to whoever claims it.
 */
#ifndef POLICY_RULE_EFFECT_H
#define POLICY_RULE_EFFECT_H

#include "policy/rule/rule_check.h"

/* Compiles score, effects and `if unknown` of c->rule, whose finding is c->finding, into *out. */
void rule_effect_read(struct rule_check *c, struct rule *out);

/* Warns that `what` is granted where the finding rests on claims alone. */
void rule_effect_grant(struct rule_check *c, const struct place *at, const char *what, const char *hint);

/* `skip greylist, GROUP` of rules and policies. */
struct rule_skip {
	bool greylist, score;
	size_t *group;
	size_t n_group;
};
struct rule_skip rule_effect_skip(struct rule_check *c, const struct ast_word *names);

bool rule_effect_is_terminal(enum effect_kind k);

#endif
