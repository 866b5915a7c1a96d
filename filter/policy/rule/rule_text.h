/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_text -- texts for people, with facts in braces: "{client.ip} is listed".
 *
 * {rule}, {score} and {queue-id} are known always.
 */
#ifndef POLICY_RULE_TEXT_H
#define POLICY_RULE_TEXT_H

#include "policy/rule/rule_check.h"

/* Takes the next piece: some literal bytes, then a name in braces (absent at the end). False: no more. */
bool rule_text_next(struct view *rest, struct view *literal_out, struct view *name_out);
/* Checks a text that is needed at stage `by`, and notes the facts in it. w may be NULL. */
void rule_text_check(struct rule_check *c, const struct ast_word *w, enum stage by);
/* See program_text. */
struct view rule_text_fill(const struct program_eval *e, struct view text,
	const struct program_names *names, size_t max, struct arena *a);

#endif
