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

struct greylist_terms
wait_terms(const struct session *s)
{
	const struct settings *o = s->e->o.settings;
	const struct effect *f = s->greylist;
	struct greylist_terms t = {o->greylist_wait, o->greylist_window, o->greylist_life, o->greylist_cap};

	if (f && f->seconds)
		t.wait = f->seconds;
	if (f && f->window)
		t.window = f->window;
	if (f && f->life)
		t.life = f->life;
	t.wait = t.wait < t.cap ? t.wait : t.cap;
	if (t.window <= t.wait)
		t.window = 2 * t.wait;
	return t;
}

/* Of a rule with a wait of its own: grey.state may be by the settings, where another rule reads it. */
static int64_t
left_of(struct session *s, const struct fact_value *state, int64_t wait, bool own_wait)
{
	const struct fact_value *age = s->e->grey_age == SIZE_MAX ? NULL : values_at(s, s->e->grey_age);

	if (view_is(state->text, "known"))
		return 0;
	own_wait &= age && age->state == FACT_KNOWN;
	if (age && age->state == FACT_KNOWN)
		wait -= age->number;
	if (own_wait)
		return wait > 0 ? wait : 0;
	return view_is(state->text, "passed") ? 0 : wait > 0 ? wait : 1;
}

int64_t
wait_left(struct session *s, const struct effect *f, bool *open_out)
{
	const struct fact_value *state;
	int64_t wait;

	if (s->e->grey_state == SIZE_MAX)
		return 0;
	s->greylist = f;
	wait = wait_terms(s).wait;
	*open_out = is_open(s);
	state = *open_out ? NULL : gather_one(s, s->e->grey_state, gather_deadline(s));
	s->greylist = NULL;
	if (*open_out || state->state == FACT_MISSING) /* missing: a closed session, never seen before */
		return wait;
	if (state->state != FACT_KNOWN) {
		atomic_fetch_add(&s->e->store_passed, 1);
		return 0;
	}
	return left_of(s, state, wait, f && f->seconds);
}

struct view
wait_text(struct session *s, int64_t left)
{
	struct view who = VIEW("this sender");
	bool minutes = left >= 90;
	const struct fact_value *v;

	if (s->e->organisation != SIZE_MAX) {
		v = values_at(s, s->e->organisation);
		who = v->state == FACT_KNOWN ? v->text : who;
	}
	return arena_printf(s->message, "greylisted, please try again in %lld %s: mail of %.*s is new here",
		(long long)(minutes ? (left + 59) / 60 : left), minutes ? "minutes" : "seconds",
		VIEW_ARG(who));
}
