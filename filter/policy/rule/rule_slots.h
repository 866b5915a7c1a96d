/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_slots -- numbers for the facts that a rule set reads, each with its argument once.
 */
#ifndef POLICY_RULE_SLOTS_H
#define POLICY_RULE_SLOTS_H

#include "policy/program.h"
#include "util/map.h"

struct rule_slots {
	struct map *map; /* name and argument -> index + 1 */
	struct slot *slot;
	size_t n, cap;
	struct arena *arena;
};

void rule_slots_init(struct rule_slots *t, struct arena *a);
void rule_slots_done(struct rule_slots *t);
/* The slot of a fact, made if it is not there; arg absent for facts without argument (its case does not
 * count). *made_out tells that it is new and that the caller has to say what DNS list it belongs to. */
size_t rule_slots_get(struct rule_slots *t, const struct fact_def *def, size_t owner, struct view arg,
	bool *made_out);
/* The slots as an array in the arena. */
struct slot *rule_slots_array(const struct rule_slots *t);

#endif
