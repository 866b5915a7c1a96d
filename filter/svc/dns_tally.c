/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_tally.h"

#include "util/clock.h"

void
dns_tally_timeout(struct dns_tally *t, struct dns_flight *f)
{
	if (f->counted)
		return;
	f->counted = true;
	dns_outage_note(&t->outage, true, clock_mono_ms());
	t->count.timeouts++;
	t->count.tempfail++;
}

void
dns_tally_answer(struct dns_tally *t, const struct dns_flight *f, const struct dns_answer *a, bool bogus)
{
	struct dns_counters *c = &t->count;

	if (!f->counted || a->status != DNS_TEMPFAIL) /* a late answer is one, too */
		dns_outage_note(&t->outage, a->status == DNS_TEMPFAIL, clock_mono_ms());
	if (f->probe && a->status == DNS_TEMPFAIL)
		dns_outage_probe_failed(&t->outage, f->start);
	if (f->counted)
		return;
	c->answer_ms_sum += (uint64_t)(clock_mono_ms() - f->start);
	c->found += a->status == DNS_FOUND;
	c->none += a->status == DNS_NONE;
	c->tempfail += a->status == DNS_TEMPFAIL;
	c->timeouts += a->status == DNS_TEMPFAIL && strcmp(a->why, "timeout") == 0;
	c->bogus += bogus;
}
