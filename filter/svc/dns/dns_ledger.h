/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_ledger -- the questions that leave in one account's name, with a ceiling: those of one DNS list.
 *
 * What the cache answers, or a question that is under way already, costs the account nothing. Above the
 * ceiling its questions do not leave: they are DNS_TEMPFAIL with the ledger's own reason. The service makes
 * ledgers, and frees them at its end; counts are read and the ceiling is moved without its lock.
 */
#ifndef SVC_DNS_LEDGER_H
#define SVC_DNS_LEDGER_H

#include <stdatomic.h>

#include "svc/dns.h"
#include "util/histogram.h"

struct dns_ledger {
	struct dns_ledger *next; /* the service's */
	struct dns_answer over;  /* the answer above the ceiling */
	atomic_uint_least64_t sent, ceiling; /* ceiling: that sent does not pass */
	atomic_uint silent;      /* questions that failed since the last that had an answer */
	struct histogram took;   /* of questions that had an answer, a failure too */
};

/* over: the reason, a constant. ceiling UINT64_MAX: none. Lives as long as d. */
struct dns_ledger *dns_ledger_new(struct dns *d, const char *over);

/* Is this the answer of one that is above its ceiling? */
static inline bool
dns_ledger_is_over(const struct dns_ledger *l, const struct dns_answer *a)
{
	return l && a == &l->over;
}

/* For svc/dns, which holds its lock; NULL is legal. May a question leave? Then it is counted. */
bool dns_ledger_takes(struct dns_ledger *l);
/* How one ended, and how long it took. What comes after it was given up is an answer, too. */
void dns_ledger_note(struct dns_ledger *l, bool failed);
void dns_ledger_time(struct dns_ledger *l, uint64_t us);

#endif
