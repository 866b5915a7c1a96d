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

/* Marks in rules, n_rules of the program, those that hang on one of the marked slots: they read it, or what
 * is looked up or counted by it, or name a rule that does. a is for the time of the call. */
void rule_reads_mark(const struct program *p, const bool *slots, struct arena *a, bool *rules);

#endif
