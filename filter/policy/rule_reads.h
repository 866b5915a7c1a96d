/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_reads -- which facts and rules a condition reads.
 */
#ifndef POLICY_RULE_READS_H
#define POLICY_RULE_READS_H

#include "policy/program.h"

struct rule_reads {
	bool *slot; /* n_slots of the program: read by the rule, or by one that it names */
	bool *rule; /* n_rules: named by the rule itself */
};

/* Of the program's rule number `rule`. Lives in a. */
struct rule_reads rule_reads_of(const struct program *p, size_t rule, struct arena *a);

#endif
