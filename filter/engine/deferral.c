/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/deferral.h"

#include "engine/gather.h"
#include "engine/state.h"
#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

/* A resolver that fails everybody says nothing of this mail. */
static bool
is_outage(const struct session *s)
{
	struct dns_counters n;

	if (!s->e->o.dns)
		return false;
	dns_count(s->e->o.dns, &n);
	if (n.outage)
		log_seldom(LOG_LEVEL_WARN, "dns-outage", "the resolver fails: no mail is held for it");
	return n.outage;
}

/* All recipients are asked about in one callback. The first is, whatever the time: what is unknown often is
 * so because the time is over. */
static bool
asked_enough(const struct session *s)
{
	return s->t->hold.asked >= HOLD_ASKS || (s->t->hold.asked && clock_mono_ms() >= s->deadline);
}

static bool
ask(struct session *s)
{
	bool asks = s->stage > STAGE_RCPT && !values_settled(s, s->e->hold_age);
	const struct fact_value *age = gather_one(s, s->e->hold_age, s->deadline);
	bool may = age->state == FACT_KNOWN && age->number < s->e->o.settings->unknown_defer_max;

	if (age->state == FACT_UNKNOWN)
		atomic_fetch_add(&s->e->store_passed, 1);
	if (!asks)
		return may;
	if (s->t->hold.asked++ == 0)
		s->t->hold.first = may;
	if (age->state == FACT_UNKNOWN) { /* late, or away: it is not waited for again */
		s->t->hold.asked = HOLD_ASKS;
		s->t->hold.first = false;
	}
	return may;
}

bool
deferral_may_hold(struct session *s)
{
	if (s->info.closed)
		return true;
	if (s->e->hold_age == SIZE_MAX || s->t->current >= s->t->n_rcpt || is_outage(s))
		return false;
	/* RCPT is about one recipient: it always asks. */
	if (s->stage > STAGE_RCPT && !values_settled(s, s->e->hold_age) && asked_enough(s))
		return s->t->hold.first;
	return ask(s);
}
