/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_lookup -- numbers for the tests of a fact in a named list, so that rules that ask the same share the
 * answer.
 */
#ifndef POLICY_RULE_LOOKUP_H
#define POLICY_RULE_LOOKUP_H

#include "policy/expr.h"

struct rule_lookup {
	struct expr *test; /* one of each */
	size_t n, cap;
};

void rule_lookup_done(struct rule_lookup *t);
/* x is a complete EXPR_IN and is told its number. */
void rule_lookup_note(struct rule_lookup *t, struct expr *x);

#endif
