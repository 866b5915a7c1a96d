/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_tally.h"

#include <stdlib.h>

#include "svc/dns/dns_ledger.h"
#include "svc/meter.h"
#include "util/clock.h"
#include "util/log.h"

void
dns_tally_done(struct dns_tally *t)
{
	struct dns_ledger *l;

	while ((l = t->ledgers)) {
		t->ledgers = l->next;
		free(l);
	}
}

struct dns_ledger *
dns_tally_ledger(struct dns_tally *t, const char *over)
{
	struct dns_ledger *l = calloc(1, sizeof(*l));

	if (!l)
		log_die("out of memory");
	l->over = (struct dns_answer){.status = DNS_TEMPFAIL, .why = over};
	atomic_init(&l->ceiling, UINT64_MAX);
	l->next = t->ledgers;
	t->ledgers = l;
	return l;
}

void
dns_tally_asked(struct dns_tally *t, enum dns_tally_way how)
{
	struct dns_counters *c = &t->count;

	c->asked++;
	c->cache_hits += how == DNS_TALLY_CACHED;
	c->coalesced += how == DNS_TALLY_COALESCED;
	c->sent += how == DNS_TALLY_SENT;
	c->refused += how == DNS_TALLY_REFUSED;
	meter_count(t->meter, METER_DNS_ASKED, 1);
	meter_count(t->meter, METER_DNS_CACHED, how == DNS_TALLY_CACHED);
}

const struct dns_answer dns_tally_too_many = {.status = DNS_TEMPFAIL, .why = "too many questions"};

const struct dns_answer *
dns_tally_refuses(struct dns_tally *t, size_t under_way, struct dns_ledger *ledger)
{
	const struct dns_answer *a = NULL;

	if (under_way >= DNS_IN_FLIGHT)
		a = &dns_tally_too_many;
	else if (!dns_ledger_takes(ledger))
		a = &ledger->over;
	dns_tally_asked(t, a ? DNS_TALLY_REFUSED : DNS_TALLY_SENT);
	return a;
}

void
dns_tally_read(const struct dns_tally *t, struct dns_counters *out)
{
	*out = t->count;
	out->outage = dns_outage_is(&t->outage, clock_mono_ms());
	out->hijacked = t->hijack.n > 0;
}

/* It is over, one way or another. */
static void
note_time(struct dns_tally *t, const struct dns_flight *f)
{
	uint64_t us = (uint64_t)(clock_mono_us() - f->start_us);

	meter_took(t->meter, METER_DNS, us);
	dns_ledger_time(f->ledger, us);
}

/* Rare enough to be said under the lock. */
static void
tell_outage(struct dns_tally *t, bool failed)
{
	if (!t->outage_told && dns_outage_is(&t->outage, clock_mono_ms())) {
		t->outage_told = true;
		log_warn("dns-outage", "the resolver fails everybody: what it would have told is unknown");
	} else if (t->outage_told && !failed) {
		t->outage_told = false;
		log_notice("dns-back", "the resolver answers");
	}
}

void
dns_tally_timeout(struct dns_tally *t, struct dns_flight *f)
{
	if (f->counted)
		return;
	f->counted = true;
	dns_outage_note(&t->outage, true, clock_mono_ms());
	dns_ledger_note(f->ledger, true);
	tell_outage(t, true);
	note_time(t, f);
	meter_count(t->meter, METER_DNS_FAILED, 1);
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
	bool was_hijacked = t->hijack.n > 0, news = dns_hijack_learn(&t->hijack, a);
	char ip[IP_TEXT_MAX];

	if (was_hijacked && t->hijack.n == 0)
		log_notice("dns-honest", "the resolver invents no addresses any more");
	if (!news)
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

	if (!f->counted || a->status != DNS_TEMPFAIL) { /* a late answer is one, too */
		dns_outage_note(&t->outage, a->status == DNS_TEMPFAIL, clock_mono_ms());
		dns_ledger_note(f->ledger, a->status == DNS_TEMPFAIL);
	}
	if (f->probe && a->status == DNS_TEMPFAIL)
		dns_outage_probe_failed(&t->outage, f->start);
	tell_outage(t, a->status == DNS_TEMPFAIL);
	if (f->counted)
		return;
	note_time(t, f);
	meter_count(t->meter, METER_DNS_FAILED, a->status == DNS_TEMPFAIL);
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
