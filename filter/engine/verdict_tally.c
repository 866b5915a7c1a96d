/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/verdict_tally.h"

#include "engine/state.h"
#include "svc/meter.h"

static const enum meter_event events[VERDICT_GREYLIST + 1] = {
	[VERDICT_NONE] = METER_ACCEPTED,
	[VERDICT_ACCEPT] = METER_ACCEPTED,
	[VERDICT_DEFER] = METER_DEFERRED,
	[VERDICT_REJECT] = METER_REJECTED,
	[VERDICT_DISCARD] = METER_DISCARDED,
	[VERDICT_QUARANTINE] = METER_QUARANTINED,
	[VERDICT_GREYLIST] = METER_GREYLISTED,
};

static void
add(struct engine *e, enum verdict_kind kind)
{
	atomic_fetch_add(&e->by_verdict[kind == VERDICT_NONE ? VERDICT_ACCEPT : kind], 1);
	meter_count(e->o.meter, events[kind], 1);
}

void
verdict_tally(struct session *s, const struct judgement *j)
{
	struct engine *e = s->e;

	atomic_fetch_add(&e->transactions, 1);
	meter_count(e->o.meter, METER_TRANSACTIONS, 1);
	add(e, j->kind);
	for (size_t i = 0; s->stage == STAGE_END && j->kind != VERDICT_DISCARD && i < s->t->n_rcpt; i++)
		if (s->t->rcpt[i].judged.kind == VERDICT_DISCARD)
			add(e, VERDICT_DISCARD);
	if (j->tagged) {
		atomic_fetch_add(&e->tagged, 1);
		meter_count(e->o.meter, METER_TAGGED, 1);
	}
	if (j->n_unknown) {
		atomic_fetch_add(&e->unknown, 1);
		meter_count(e->o.meter, METER_UNKNOWN, 1);
	}
}
