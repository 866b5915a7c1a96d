/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/state.h"

struct fact_value
values_initial(const struct engine *e, size_t slot)
{
	const struct slot *def = &e->program->slots[slot];

	for (size_t i = 0; i < e->o.n_given; i++) {
		const struct engine_given *g = &e->o.given[i];

		if (view_eq_str(g->name, def->def->name) && view_eq(g->arg, def->arg))
			return g->value;
	}
	return (struct fact_value){.state = FACT_PENDING};
}

struct fact_value *
values_new(const struct engine *e, struct arena *a)
{
	struct fact_value *v = arena_array(a, e->program->n_slots + 1, sizeof(*v));

	for (size_t i = 0; e->o.n_given && i < e->program->n_slots; i++)
		v[i] = values_initial(e, i);
	return v;
}

struct fact_value *
values_of_rcpt(const struct engine *e, struct arena *a)
{
	struct fact_value *v = arena_array(a, e->n_rcpt_values + 1, sizeof(*v));

	for (size_t i = 0; e->o.n_given && i < e->program->n_slots; i++)
		if (e->program->slots[i].def->per_rcpt)
			v[e->rcpt_index[i]] = values_initial(e, i);
	return v;
}

struct fact_value *
values_at(struct session *s, size_t slot)
{
	const struct slot *def = &s->e->program->slots[slot];
	struct transaction *t = s->t;

	if (def->def->per_rcpt && t->current < t->n_rcpt)
		return &t->rcpt[t->current].values[s->e->rcpt_index[slot]];
	if (!s->relayed && def->owner < s->e->n_checks && s->e->checks[def->owner].per_session)
		return &s->values[slot];
	return &t->values[slot];
}

bool
values_settled(struct session *s, size_t slot)
{
	return values_at(s, slot)->state != FACT_PENDING;
}
