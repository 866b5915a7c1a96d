/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/wait.h"

#include "engine/gather.h"
#include "engine/state.h"

static bool
is_open(struct session *s)
{
	return s->e->organisation != SIZE_MAX && !s->info.closed && !s->t->awaits_organisation &&
		!values_settled(s, s->e->organisation);
}

int64_t
wait_left(struct session *s, const struct effect *f, bool *open_out)
{
	bool own_wait = f && f->seconds;
	int64_t wait = own_wait ? f->seconds : s->e->o.settings->greylist_wait;
	int64_t cap = s->e->o.settings->greylist_cap;
	const struct fact_value *state, *age;

	if (s->e->grey_state == SIZE_MAX)
		return 0;
	wait = wait < cap ? wait : cap; /* nobody waits longer, whatever a rule says */
	*open_out = is_open(s);
	if (*open_out)
		return wait;
	state = gather_one(s, s->e->grey_state, gather_deadline(s));
	if (state->state == FACT_MISSING) /* a closed session: never seen before */
		return wait;
	if (state->state != FACT_KNOWN) {
		atomic_fetch_add(&s->e->store_passed, 1);
		return 0;
	}
	if (view_is(state->text, "known"))
		return 0;
	age = s->e->grey_age == SIZE_MAX ? NULL : values_at(s, s->e->grey_age);
	own_wait &= age && age->state == FACT_KNOWN;
	if (age && age->state == FACT_KNOWN)
		wait -= age->number;
	if (own_wait) /* `greylist 10m`: a rule may ask for more or less than the settings */
		return wait > 0 ? wait : 0;
	return view_is(state->text, "passed") ? 0 : wait > 0 ? wait : 1;
}

struct view
wait_text(int64_t left, struct arena *a)
{
	if (left < 90)
		return arena_printf(a, "greylisted, please try again in %lld seconds", (long long)left);
	return arena_printf(a, "greylisted, please try again in %lld minutes", (long long)(left + 59) / 60);
}
