/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_mention -- which rules name which, and what that means where the named one is disabled or on trial.
 *
 * Told where the administrator did it, at `disable` or `trial`, not where the rule is named: that may be a
 * file of the distribution, which nobody edits.
 */
#ifndef POLICY_RULE_MENTION_H
#define POLICY_RULE_MENTION_H

#include "policy/rule/rule_check.h"

/* The condition that is read names r here. Nothing is noted of a rule that is disabled itself. */
void rule_mention_note(struct rule_check *c, struct rule_def *r, const struct ast_word *symbol);
/* After all rules and policies are read: the warnings [disabled] and [trial]. */
void rule_mention_check(struct rule_check *c);
/* The policy of this name disables r, at w. */
void rule_mention_disable(struct rule_check *c, const struct rule_def *r, const struct ast_word *w,
	struct view policy);

#endif
