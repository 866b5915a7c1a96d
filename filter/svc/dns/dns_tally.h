/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_tally -- how the questions ended, and whether it is the resolver that fails or lies.
 *
 * Part of svc/dns: its lock guards it. Begins as {0}.
 */
#ifndef SVC_DNS_TALLY_H
#define SVC_DNS_TALLY_H

#include "svc/dns/dns_flight.h"
#include "svc/dns/dns_hijack.h"
#include "svc/dns/dns_outage.h"

struct dns_tally {
	struct dns_counters count;
	struct dns_outage outage;
	bool outage_told; /* its begin is in the log, its end not yet */
	struct dns_hijack hijack;
	struct dns_ledger *ledgers;
	struct meter *meter; /* NULL = none */
};
void dns_tally_done(struct dns_tally *t);
struct dns_ledger *dns_tally_ledger(struct dns_tally *t, const char *over); /* the tally's */

/* How a question begins. */
enum dns_tally_way { DNS_TALLY_CACHED, DNS_TALLY_COALESCED, DNS_TALLY_SENT, DNS_TALLY_REFUSED };
void dns_tally_asked(struct dns_tally *t, enum dns_tally_way how);
/* May a question leave beside so many that are under way, in this name? NULL: it may, and counts as sent;
 * else its answer: too many, or the ledger's. */
const struct dns_answer *dns_tally_refuses(struct dns_tally *t, size_t under_way, struct dns_ledger *ledger);
extern const struct dns_answer dns_tally_too_many;
/* The counters, with what is known now; those of the cache are left out. */
void dns_tally_read(const struct dns_tally *t, struct dns_counters *out);

/* Is a probe to be sent now, for the outage or for the hijack? Then it is noted as sent now. */
bool dns_tally_probe(struct dns_tally *t, int64_t now_ms, const struct dns_options *o);

/* Somebody waited in vain: counted once a flight, whoever waits. */
void dns_tally_timeout(struct dns_tally *t, struct dns_flight *f);
/* The flight has landed. An answer that comes after its time-out was counted is not counted again.
 * Returns why the answer is not to be believed, a constant, or NULL. */
const char *dns_tally_answer(
	struct dns_tally *t, const struct dns_flight *f, const struct dns_answer *a, bool bogus);

#endif
