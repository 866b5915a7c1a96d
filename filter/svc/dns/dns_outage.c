/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_outage.h"

void
dns_outage_note(struct dns_outage *o, bool failed, int64_t now_ms)
{
	if (!failed) {
		*o = (struct dns_outage){.n = 0};
		return;
	}
	o->failed_ms[o->n++ % DNS_OUTAGE_FAILURES] = now_ms;
	if (o->n == 2 * DNS_OUTAGE_FAILURES) /* the same place in the ring; it must not wrap to few */
		o->n = DNS_OUTAGE_FAILURES;
}

static bool
all_fail(const struct dns_outage *o, int64_t now_ms)
{
	/* the next place of a full ring holds its oldest failure */
	return o->n >= DNS_OUTAGE_FAILURES &&
		now_ms - o->failed_ms[o->n % DNS_OUTAGE_FAILURES] <= DNS_OUTAGE_MS;
}

bool
dns_outage_probe(struct dns_outage *o, int64_t now_ms, int64_t wait_ms)
{
	int64_t age = now_ms - o->probed_ms;

	if (!all_fail(o, now_ms) || (o->probed_ms && age < wait_ms))
		return false;
	/* An old one tells of its own time only. */
	o->probe_failed = o->probed_ms && age <= DNS_OUTAGE_MS;
	o->probed_ms = now_ms;
	return true;
}

void
dns_outage_probe_failed(struct dns_outage *o, int64_t sent_ms)
{
	o->probe_failed |= o->probed_ms == sent_ms;
}

bool
dns_outage_is(const struct dns_outage *o, int64_t now_ms)
{
	return o->probe_failed && all_fail(o, now_ms) && now_ms - o->probed_ms <= DNS_OUTAGE_MS;
}
