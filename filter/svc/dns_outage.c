/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_outage.h"

void
dns_outage_note(struct dns_outage *o, bool failed, int64_t now_ms)
{
	if (!failed) {
		o->n = 0;
		return;
	}
	o->failed_ms[o->n++ % DNS_OUTAGE_FAILURES] = now_ms;
	if (o->n == 2 * DNS_OUTAGE_FAILURES) /* the same place in the ring; it must not wrap to few */
		o->n = DNS_OUTAGE_FAILURES;
}

bool
dns_outage_is(const struct dns_outage *o, int64_t now_ms)
{
	/* the next place of a full ring holds its oldest failure */
	return o->n >= DNS_OUTAGE_FAILURES &&
		now_ms - o->failed_ms[o->n % DNS_OUTAGE_FAILURES] <= DNS_OUTAGE_MS;
}
