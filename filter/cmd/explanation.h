/* SPDX-License-Identifier: BSD-2-Clause
 *
 * explanation -- one rule or other name, for people and as JSON: what `postern explain` prints.
 */
#ifndef CMD_EXPLANATION_H
#define CMD_EXPLANATION_H

#include "policy/rule/rule_origin.h"
#include "policy/rule/rule_reads.h"
#include "util/json.h"

struct explanation {
	struct arena *arena;
	const struct program *program;
	const struct rule_set *set;
	struct view name;
	const struct rule_origin *origin; /* clauses of a rule, else statements */
	size_t n_origin;
	const struct rule_origin *policies; /* of a rule: those that take it away for some */
	size_t n_policies;
	const struct rule_def *def;   /* NULL: not a rule */
	const struct rule *rule;      /* NULL: not a rule, or disabled */
	struct rule_reads reads;      /* of rule */
	long hits;                    /* -1: there is no evidence */
	long records;                 /* that were looked at */
};

void explanation_print(const struct explanation *x, FILE *out);
void explanation_json(const struct explanation *x, struct json *j);

#endif
