/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A check is run whenever an event or an answer may let it go on, and no more often: a pass over the
 * active checks is repeated while it set a fact, since one check's fact may be another's need.
 */
#include "engine/gather.h"

#include "engine/state.h"
#include "util/clock.h"
#include "util/log.h"

enum { PROGRESS_MS = 1000 }; /* how often a front-end hears that the end of a message takes long */

bool
gather_needs(const struct session *s, size_t slot)
{
	return (s->outbound ? s->e->outbound : s->e->inbound)[slot];
}

/* Is a wanted fact of this check still open? */
static bool
open_facts(struct session *s, const struct engine_check *c)
{
	for (size_t i = 0; i < c->n_slots; i++)
		if (gather_needs(s, c->slots[i]) && !values_settled(s, c->slots[i]))
			return true;
	return false;
}

static void
run(struct session *s, size_t i)
{
	struct check_call call = {s, &s->e->checks[i], i};

	call.check->check->run(&call);
}

static bool
runnable(struct session *s, const struct engine_check *c)
{
	if (!c->active || !c->check->run || s->stage < c->check->stage)
		return false;
	if (c->check->per_rcpt && s->t->current >= s->t->n_rcpt)
		return false;
	return open_facts(s, c);
}

/* What a trusted relay hands on is judged by the hop before it, which only the header tells. */
static bool
too_early(const struct session *s)
{
	return s->relayed && s->stage < STAGE_HEADER;
}

/* Whether mail comes in or goes out decides what is looked up, so it is asked first. */
static void
learn_direction(struct session *s)
{
	size_t slot = s->e->direction, owner;
	const struct fact_value *v;

	if (slot == SIZE_MAX)
		return;
	owner = s->e->program->slots[slot].owner;
	if (owner < s->e->n_checks && runnable(s, &s->e->checks[owner]))
		run(s, owner);
	v = values_at(s, slot);
	s->outbound_known = v->state == FACT_KNOWN;
	s->outbound = s->outbound_known && view_is(v->text, "outbound");
}

/* A check of single recipients has facts of the next one, whatever is known of the last. */
bool
gather_is_light(struct session *s, enum stage stage)
{
	for (size_t i = 0; i < s->e->n_checks; i++) {
		const struct engine_check *c = &s->e->checks[i];

		if (c->active && c->check->run && !c->check->light && stage >= c->check->stage &&
			(c->check->per_rcpt || open_facts(s, c)))
			return false;
	}
	return true;
}

void
gather_start(struct session *s)
{
	if (too_early(s))
		return;
	learn_direction(s);
	do {
		s->progress = false;
		for (size_t i = 0; i < s->e->n_checks; i++)
			if (runnable(s, &s->e->checks[i]))
				run(s, i);
	} while (s->progress);
}

/* Is something still open that must be known at this stage? */
static bool
awaited(struct session *s, size_t slot, bool early_only)
{
	const struct engine *e = s->e;
	const struct slot *def = &e->program->slots[slot];

	if (slot == e->rcpt_valid) /* the front-end tells, when it has asked the backend */
		return false;
	if (!gather_needs(s, slot) || def->owner >= e->n_checks)
		return false;
	if (early_only && !e->early[slot] && !(slot == e->organisation && s->t->awaits_organisation))
		return false;
	if (def->def->stage > s->stage || (def->def->per_rcpt && s->t->current >= s->t->n_rcpt))
		return false;
	return !values_settled(s, slot);
}

static bool
any_awaited(struct session *s, bool early_only)
{
	for (size_t i = 0; i < s->e->program->n_slots; i++)
		if (awaited(s, i, early_only))
			return true;
	return false;
}

int64_t
gather_deadline(const struct session *s)
{
	const struct settings *o = s->e->o.settings;

	return clock_mono_ms() + (s->stage > STAGE_RCPT ? o->end_wait_ms : o->rcpt_wait_ms);
}

/* Until an answer has come, or a second is over. False: nothing has come, and *why_out says why nothing
 * will; NULL: wait on. */
static bool
wait_for_answer(struct session *s, int64_t deadline, const char **why_out)
{
	int64_t slice = clock_mono_ms() + PROGRESS_MS;

	slice = slice < deadline ? slice : deadline;
	if (s->dns && dns_wait(s->dns, slice))
		return true;
	if (!s->dns || clock_mono_ms() < slice)
		*why_out = "not computed"; /* nothing is on its way */
	else if (slice == deadline)
		*why_out = "timeout";
	else if (s->info.progress && s->stage > STAGE_RCPT)
		s->info.progress(s->info.progress_ctx);
	return false;
}

/* The same for a session that must not block. */
static bool
look_for_answer(struct session *s, int64_t deadline, const char **why_out)
{
	bool arrived = s->dns && dns_poll(s->dns, &s->due);

	if (arrived)
		return true;
	if (clock_mono_ms() >= deadline)
		*why_out = "timeout";
	else if (!s->dns || s->due == INT64_MAX)
		*why_out = "not computed";
	return false;
}

/* The time is over: checks may settle what they answer for with what there is, the rest is unknown. */
static void
give_up(struct session *s, bool early_only, const char *why)
{
	const struct slot *slots = s->e->program->slots;

	s->late = true;
	for (size_t i = 0; i < s->e->program->n_slots; i++)
		if (awaited(s, i, early_only) && runnable(s, &s->e->checks[slots[i].owner]))
			run(s, slots[i].owner);
	s->late = false;
	for (size_t i = 0; i < s->e->program->n_slots; i++)
		if (awaited(s, i, early_only))
			*values_at(s, i) = fact_unknown(view_str(why));
}

bool
gather_wait(struct session *s, bool early_only, int64_t deadline)
{
	bool async = s->info.wake != NULL;
	const char *why = NULL;

	s->deadline = deadline;
	if (too_early(s))
		return true;
	do {
		gather_start(s);
		if (!any_awaited(s, early_only))
			return true;
		while (!why && !(async ? look_for_answer : wait_for_answer)(s, deadline, &why))
			if (!why && async)
				return false;
	} while (!why);
	give_up(s, early_only, why);
	return true;
}

const struct fact_value *
gather_one(struct session *s, size_t slot, int64_t deadline)
{
	size_t owner = s->e->program->slots[slot].owner;

	s->forced = owner;
	s->late = true;
	while (!values_settled(s, slot) && owner < s->e->n_checks) {
		s->progress = false;
		run(s, owner);
		if (values_settled(s, slot) || s->progress)
			continue;
		if (!s->dns || !dns_wait(s->dns, deadline))
			*values_at(s, slot) = fact_unknown(VIEW("timeout"));
	}
	s->forced = SIZE_MAX;
	s->late = false;
	return values_at(s, slot);
}
