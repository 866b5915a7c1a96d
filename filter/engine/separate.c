/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/separate.h"

#include "engine/state.h"

/* Which policies concern the current recipient, a byte each. */
static const uint8_t *
policies_of(struct session *s)
{
	const struct program *p = s->e->program;
	struct program_eval e = {.program = p, .fact = values_seen, .ctx = s,
		.memo = arena_alloc(s->message, p->n_rules)};
	uint8_t *all = arena_alloc(s->message, p->n_policies);

	for (size_t i = 0; i < p->n_policies; i++)
		all[i] = program_policy(&e, i) == TRI_TRUE;
	return all;
}

bool
separate_shares(struct session *s)
{
	const struct program *p = s->e->program;
	struct transaction *t = s->t;
	const uint8_t *own = policies_of(s);
	size_t i = 0;

	while (i < t->n_groups && memcmp(t->group[i], own, p->n_policies) != 0)
		i++;
	if (i == t->n_groups && i < SEPARATE_GROUPS)
		t->group[t->n_groups++] = own;
	return i == 0 || i == SEPARATE_GROUPS;
}
