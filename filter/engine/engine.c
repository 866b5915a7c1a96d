/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/engine.h"

#include <stdlib.h>

#include "engine/learning.h"
#include "engine/state.h"
#include "policy/fact_future.h"
#include "util/log.h"

/* Facts that the engine itself reads, and those that Authentication-Results shows. */
static const char *const own_facts[] = {"direction", "grey.state", "grey.age", "hold.age",
	"client.organisation", "score"};
static const char *const authres_facts[] = {"client.fcrdns", "client.name", "spf", "dkim", "dmarc", "arc"};

static const struct fact_def engine_rows[] = {
	{.name = "score", .type = FACT_NUMBER, .stage = STAGE_END,
		.help = "sum of all scores (only in rules without score)"},
};

enum { OWNER_ENGINE = 1 << 20 }; /* no check has this number */

struct fact_table *
engine_facts(const struct check *const *checks)
{
	struct fact_table *t = fact_table_new();

	for (size_t i = 0; checks[i]; i++)
		for (size_t k = 0; k < checks[i]->n_facts; k++)
			if (!fact_table_add(t, &checks[i]->facts[k], i))
				log_die("fact %s is defined twice", checks[i]->facts[k].name);
	fact_table_add(t, &engine_rows[0], OWNER_ENGINE);
	fact_future_add(t);
	return t;
}

const struct program_lack *
engine_lacks(const struct engine_options *o, struct arena *a, size_t *n_out)
{
	struct program_lack *lack;
	size_t max = 0, n = 0;

	for (size_t i = 0; o->checks[i]; i++)
		max += o->checks[i]->n_facts;
	lack = arena_array(a, max + 1, sizeof(*lack));
	for (size_t i = 0; o->checks[i]; i++) {
		const struct check *c = o->checks[i];

		for (size_t k = 0; c->lacks && k < c->n_facts; k++) {
			lack[n] = (struct program_lack){c->facts[k].name, c->lacks(o->settings, k)};
			n += lack[n].remedy != NULL;
		}
	}
	*n_out = n;
	return lack;
}

static bool
provided(const struct check *const *checks, const char *name)
{
	if (strcmp(name, engine_rows[0].name) == 0)
		return true;
	for (size_t i = 0; checks[i]; i++)
		for (size_t k = 0; k < checks[i]->n_facts; k++)
			if (strcmp(checks[i]->facts[k].name, name) == 0)
				return true;
	return false;
}

const char *const *
engine_extra_facts(const struct engine_options *o, struct arena *a, size_t *n_out)
{
	size_t max = 2 + sizeof(own_facts) / sizeof(*own_facts) +
		sizeof(authres_facts) / sizeof(*authres_facts) + o->n_want, n = 0;
	const char **name;

	for (size_t i = 0; o->checks[i]; i++)
		max += o->checks[i]->n_needs;
	name = arena_array(a, max, sizeof(*name));
	for (size_t i = 0; i < sizeof(own_facts) / sizeof(*own_facts); i++)
		name[n++] = own_facts[i];
	for (size_t i = 0; i < sizeof(authres_facts) / sizeof(*authres_facts); i++)
		name[n++] = authres_facts[i];
	for (size_t i = 0; i < o->n_want; i++)
		name[n++] = o->want[i];
	if (o->hands_names)
		name[n++] = "client.ptr"; /* the other is among those above */
	for (size_t i = 0; o->checks[i]; i++)
		for (size_t k = 0; k < o->checks[i]->n_needs; k++)
			name[n++] = o->checks[i]->needs[k];
	*n_out = 0;
	for (size_t i = 0; i < n; i++) /* a build of few checks (tests) does not provide all */
		if (provided(o->checks, name[i]))
			name[(*n_out)++] = name[i];
	return name;
}

static size_t
slot_of(const struct engine *e, const char *name)
{
	return program_slot(e->program, view_str(name), (struct view){0});
}

/* RCPT waits for it; mail of this direction needs it. */
struct want_for {
	bool early, inbound, outbound;
};

static void
want(struct engine *e, size_t slot, struct want_for w)
{
	if (slot == SIZE_MAX)
		return;
	e->wanted[slot] = true;
	e->early[slot] |= w.early;
	e->inbound[slot] |= w.inbound;
	e->outbound[slot] |= w.outbound;
}

/* Wants slot s as much as slot i is wanted; true if that is news. */
static bool
want_like(struct engine *e, size_t s, size_t i)
{
	if (s == SIZE_MAX || (e->wanted[s] && e->early[s] >= e->early[i] &&
		e->inbound[s] >= e->inbound[i] && e->outbound[s] >= e->outbound[i]))
		return false;
	want(e, s, (struct want_for){e->early[i], e->inbound[i], e->outbound[i]});
	return true;
}

/* What a wanted fact's check needs is wanted too, until nothing changes. */
static void
close_wants(struct engine *e)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < e->program->n_slots; i++) {
			size_t owner = e->program->slots[i].owner;
			const struct rate *rate = e->program->slots[i].rate;
			const struct engine_check *c;

			if (!e->wanted[i] || owner >= e->n_checks)
				continue;
			c = &e->checks[owner];
			for (size_t k = 0; k < c->check->n_needs; k++)
				more |= want_like(e, c->need_slot[k], i);
			if (e->program->slots[i].dnsbl)
				more |= want_like(e, e->program->slots[i].dnsbl->lookup, i);
			for (size_t k = 0; rate && k < rate->n_by; k++)
				more |= want_like(e, rate->by[k], i);
		}
	}
}

/* What is read in no rule's name is inbound mail's. */
static void
want_read(struct engine *e)
{
	for (size_t i = 0; i < e->program->n_read; i++) {
		const struct slot *s = &e->program->slots[i];

		want(e, i, (struct want_for){s->early, s->inbound || !s->outbound, s->outbound});
	}
}

static void
want_all(struct engine *e)
{
	const struct engine_options *o = &e->o;
	const struct want_for inbound = {false, true, false}, both = {false, true, true},
		all = {true, true, true};

	want_read(e);
	want(e, e->direction, all);
	if (e->greylists) /* its look-ups begin early; RCPT waits for them when it is to be decided */
		want(e, e->organisation, inbound);
	for (size_t i = 0; o->settings->authres && i < sizeof(authres_facts) / sizeof(*authres_facts); i++)
		want(e, slot_of(e, authres_facts[i]), inbound);
	if (o->settings->received_spf)
		want(e, slot_of(e, "spf"), inbound);
	if (o->settings->dmarc_history)
		want(e, slot_of(e, "dmarc"), inbound);
	for (size_t i = 0; i < o->n_want; i++)
		want(e, slot_of(e, o->want[i]), both);
	if (o->hands_names) {
		want(e, e->client_name, all);
		want(e, e->client_ptr, all);
	}
	close_wants(e);
}

static void
map_check(struct engine *e, size_t i)
{
	struct engine_check *c = &e->checks[i];
	const struct check *k = e->o.checks[i];

	c->check = k;
	c->row_slot = arena_array(e->arena, k->n_facts + 1, sizeof(*c->row_slot));
	c->need_slot = arena_array(e->arena, k->n_needs + 1, sizeof(*c->need_slot));
	c->per_session = !k->per_rcpt && !k->header && !k->body;
	for (size_t f = 0; f < k->n_facts; f++) {
		c->row_slot[f] = slot_of(e, k->facts[f].name);
		c->per_session &= k->facts[f].stage <= STAGE_HELO &&
			!strchr(k->facts[f].name, '*');
	}
	for (size_t f = 0; f < k->n_needs; f++)
		c->need_slot[f] = slot_of(e, k->needs[f]);
}

/* The wanted slots of each check, once it is clear what is wanted. */
static void
collect_slots(struct engine *e)
{
	for (size_t i = 0; i < e->n_checks; i++) {
		struct engine_check *c = &e->checks[i];

		c->slots = arena_array(e->arena, e->program->n_slots + 1, sizeof(*c->slots));
		for (size_t s = 0; s < e->program->n_slots; s++)
			if (e->wanted[s] && e->program->slots[s].owner == i)
				c->slots[c->n_slots++] = s;
		c->active = c->n_slots > 0;
	}
	for (size_t s = 0; s < e->program->n_slots; s++)
		if (e->program->slots[s].rate) {
			e->counts_inbound |= e->inbound[s];
			e->counts_outbound |= e->outbound[s];
		}
}

/* Which of the effects that ask the store there are. */
static void
learn_effects(struct engine *e)
{
	const struct program *p = e->program;

	e->greylists = p->threshold[LEVEL_GREYLIST].set;
	for (size_t i = 0; i < p->n_policies; i++)
		e->greylists |= p->policies[i].threshold[LEVEL_GREYLIST].set;
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];

		e->holds |= r->if_unknown && r->if_unknown->kind == EFFECT_DEFER;
		e->greylists |= r->if_unknown && r->if_unknown->kind == EFFECT_GREYLIST;
		for (size_t k = 0; k < r->n_effects; k++)
			e->greylists |= r->effects[k].kind == EFFECT_GREYLIST;
	}
}

struct engine *
engine_new(const struct engine_options *o, const struct program *p)
{
	struct arena *a = arena_new();
	struct engine *e = arena_new_of(a, struct engine);

	e->o = *o;
	e->program = p;
	e->arena = a;
	while (o->checks[e->n_checks])
		e->n_checks++;
	e->checks = arena_array(a, e->n_checks + 1, sizeof(*e->checks));
	e->wanted = arena_array(a, p->n_slots + 1, sizeof(*e->wanted));
	e->early = arena_array(a, p->n_slots + 1, sizeof(*e->early));
	e->inbound = arena_array(a, p->n_slots + 1, sizeof(*e->inbound));
	e->outbound = arena_array(a, p->n_slots + 1, sizeof(*e->outbound));
	for (size_t i = 0; i < e->n_checks; i++)
		map_check(e, i);
	e->rcpt_index = arena_array(a, p->n_slots + 1, sizeof(*e->rcpt_index));
	for (size_t i = 0; i < p->n_slots; i++)
		if (p->slots[i].def->per_rcpt)
			e->rcpt_index[i] = e->n_rcpt_values++;
	e->direction = slot_of(e, "direction");
	e->grey_state = slot_of(e, "grey.state");
	e->grey_age = slot_of(e, "grey.age");
	e->hold_age = slot_of(e, "hold.age");
	e->organisation = slot_of(e, "client.organisation");
	e->score = slot_of(e, "score");
	e->rcpt_valid = slot_of(e, "rcpt.valid");
	e->client_name = slot_of(e, "client.name");
	e->client_ptr = slot_of(e, "client.ptr");
	learn_effects(e);
	want_all(e);
	collect_slots(e);
	e->reputed = learning_reputed(p, a);
	e->learning = learning_new(e, a);
	return e;
}

void
engine_free(struct engine *e)
{
	if (e)
		arena_free(e->arena);
}

void
engine_count(const struct engine *e, struct engine_counters *out)
{
	*out = (struct engine_counters){
		.sessions = atomic_load(&e->sessions),
		.transactions = atomic_load(&e->transactions),
		.accepted = atomic_load(&e->by_verdict[VERDICT_ACCEPT]),
		.deferred = atomic_load(&e->by_verdict[VERDICT_DEFER]),
		.rejected = atomic_load(&e->by_verdict[VERDICT_REJECT]),
		.discarded = atomic_load(&e->by_verdict[VERDICT_DISCARD]),
		.quarantined = atomic_load(&e->by_verdict[VERDICT_QUARANTINE]),
		.greylisted = atomic_load(&e->by_verdict[VERDICT_GREYLIST]),
		.tagged = atomic_load(&e->tagged),
		.unknown = atomic_load(&e->unknown),
		.store_passed = atomic_load(&e->store_passed),
		.regex_overruns = program_overruns(e->program),
	};
}
