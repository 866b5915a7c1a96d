/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_regex -- the expressions that the rules of a set look for in one fact, put together, so that those
 * that cannot match need not run.
 */
#ifndef POLICY_RULE_REGEX_H
#define POLICY_RULE_REGEX_H

#include "policy/expr.h"

struct rule_regex {
	struct rule_regex_row {
		struct regex_group group;
		const struct regex **regex;
		size_t n, cap;
	} *row;
	size_t n, cap;
};

void rule_regex_init(struct rule_regex *t);
void rule_regex_done(struct rule_regex *t);
/* x looks for its list's one expression in the fact of its slot; x is told its place. */
void rule_regex_note(struct rule_regex *t, struct expr *x, bool many);
/* Gives the program its groups; they live in a. */
void rule_regex_build(const struct rule_regex *t, struct program *p, struct arena *a);

#endif
