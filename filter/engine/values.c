/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/state.h"

/* A fresh array: all pending, but what `eval --given` says. */
struct fact_value *
values_new(const struct engine *e, struct arena *a)
{
	struct fact_value *v = arena_array(a, e->program->n_slots + 1, sizeof(*v));

	for (size_t i = 0; i < e->o.n_given; i++) {
		size_t slot = program_slot(e->program, e->o.given[i].name, e->o.given[i].arg);

		if (slot != SIZE_MAX)
			v[slot] = e->o.given[i].value;
	}
	return v;
}

struct fact_value *
values_at(struct session *s, size_t slot)
{
	const struct slot *def = &s->e->program->slots[slot];
	struct transaction *t = s->t;

	if (def->def->per_rcpt && t->current < t->n_rcpt)
		return &t->rcpt[t->current].values[slot];
	if (!s->relayed && def->owner < s->e->n_checks && s->e->checks[def->owner].per_session)
		return &s->values[slot];
	return &t->values[slot];
}

bool
values_settled(struct session *s, size_t slot)
{
	return values_at(s, slot)->state != FACT_PENDING;
}
