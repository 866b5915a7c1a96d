/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_family.h"

size_t
rule_family_owner(const struct fact_table *t, const char *family)
{
	for (size_t i = 0; i < fact_table_count(t); i++) {
		size_t owner;
		const struct fact_def *def = fact_table_at(t, i, &owner);

		if (strcmp(def->name, family) == 0)
			return owner;
	}
	return SIZE_MAX;
}

void
rule_family_add(struct rule_check *c, const struct fact_def *def, size_t owner, const struct place *at)
{
	const struct fact_def *old;

	if (fact_table_add_copy(c->set->options->facts, def, owner))
		return;
	old = fact_table_find(c->set->options->facts, view_str(def->name), NULL);
	if (!old || old->stage != def->stage || old->per_rcpt != def->per_rcpt)
		diag_error(c->set->diag, at, NULL, "the fact '%s' is there already", def->name);
}
