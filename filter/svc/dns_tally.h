/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_tally -- how the questions ended, and whether it is the resolver that fails.
 *
 * Part of svc/dns: its lock guards it. Begins as {0}.
 */
#ifndef SVC_DNS_TALLY_H
#define SVC_DNS_TALLY_H

#include "svc/dns_flight.h"
#include "svc/dns_outage.h"

struct dns_tally {
	struct dns_counters count;
	struct dns_outage outage;
};

/* Somebody waited in vain: counted once a flight, whoever waits. */
void dns_tally_timeout(struct dns_tally *t, struct dns_flight *f);
/* The flight has landed. An answer that comes after its time-out was counted is not counted again. */
void dns_tally_answer(
	struct dns_tally *t, const struct dns_flight *f, const struct dns_answer *a, bool bogus);

#endif
