/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/state.h"

/* Does the message alone tell this fact, and is there one? */
static bool
told_by_message(const struct session *s, const struct slot *slot)
{
	return s->info.message && slot->def->stage >= STAGE_HEADER && !slot->def->asks &&
		slot->owner < s->e->n_checks;
}

struct fact_value
values_initial(const struct session *s, size_t slot)
{
	const struct slot *def = &s->e->program->slots[slot];

	for (size_t i = 0; i < s->info.n_given; i++) {
		const struct given_value *g = &s->info.given[i];

		if (view_eq_str(g->name, def->def->name) && view_eq(g->arg, def->arg))
			return g->value;
	}
	if (s->info.closed && !told_by_message(s, def))
		return fact_missing();
	return (struct fact_value){.state = FACT_PENDING};
}

static bool
all_pending(const struct session *s)
{
	return !s->info.n_given && !s->info.closed;
}

struct fact_value *
values_new(const struct session *s, struct arena *a)
{
	size_t n = s->e->program->n_slots;
	struct fact_value *v = arena_array(a, n + 1, sizeof(*v));

	for (size_t i = 0; !all_pending(s) && i < n; i++)
		v[i] = values_initial(s, i);
	return v;
}

struct fact_value *
values_of_rcpt(const struct session *s, struct arena *a)
{
	const struct program *p = s->e->program;
	struct fact_value *v = arena_array(a, s->e->n_rcpt_values + 1, sizeof(*v));

	for (size_t i = 0; !all_pending(s) && i < p->n_slots; i++)
		if (p->slots[i].def->per_rcpt)
			v[s->e->rcpt_index[i]] = values_initial(s, i);
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

/* A fact that was given is not known before the stage at which it would be. */
const struct fact_value *
values_seen(void *ctx, size_t slot)
{
	static const struct fact_value pending;
	struct session *s = ctx;

	if ((s->info.n_given || s->info.closed) && s->e->program->slots[slot].def->stage > s->stage &&
		slot != s->e->direction)
		return &pending;
	return values_at(s, slot);
}
