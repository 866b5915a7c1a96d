/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/deferral.h"

#include "engine/state.h"
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

bool
deferral_may_hold(struct session *s)
{
	const struct fact_value *age;

	if (s->info.closed)
		return true;
	if (s->e->hold_age == SIZE_MAX || s->t->current >= s->t->n_rcpt || is_outage(s))
		return false;
	age = gather_one(s, s->e->hold_age, gather_deadline(s));
	if (age->state == FACT_UNKNOWN)
		atomic_fetch_add(&s->e->store_passed, 1);
	return age->state == FACT_KNOWN && age->number < s->e->o.settings->unknown_defer_max;
}
