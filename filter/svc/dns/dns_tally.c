/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_tally.h"

#include "util/clock.h"
#include "util/log.h"

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

bool
dns_tally_probe(struct dns_tally *t, int64_t now_ms, const struct dns_options *o)
{
	bool hijack = o->probe_hijack && dns_hijack_probe(&t->hijack, now_ms);

	return dns_outage_probe(&t->outage, now_ms, o->timeout_ms) || hijack;
}

/* Rare enough to be said under the lock. */
static void
learn(struct dns_tally *t, const struct dns_answer *a)
{
	char ip[IP_TEXT_MAX];

	if (!dns_hijack_learn(&t->hijack, a))
		return;
	ip_format(&a->rr[0].ip, ip);
	log_warn("dns-hijacked",
		"the resolver invents the address %s for names that do not exist: such answers count as "
		"unknown; use another resolver (dns-servers)", ip);
}

static void
count(struct dns_tally *t, const struct dns_flight *f, const struct dns_answer *a, bool bogus)
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

const char *
dns_tally_answer(struct dns_tally *t, const struct dns_flight *f, const struct dns_answer *a, bool bogus)
{
	count(t, f, a, bogus);
	if (f->probe)
		learn(t, a);
	if (f->probe || f->type != DNS_A || !dns_hijack_is(&t->hijack, a))
		return NULL;
	return "invented by the resolver";
}
