/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_hijack -- does the resolver invent addresses for names that do not exist?
 *
 * Those of some providers answer with the address of a search page. An SPF record with exists: would then
 * let everybody pass, and no name would be missing. The probe of svc/dns/dns_outage.h asks for a random name
 * below com., at first and every DNS_HIJACK_MS; while it is given addresses, an answer that has none but
 * these tells nothing. Pure: the time is an argument, later than 0. Begins as {0}.
 */
#ifndef SVC_DNS_HIJACK_H
#define SVC_DNS_HIJACK_H

#include "svc/dns.h"
#include "util/limits.h"

struct dns_hijack {
	struct ip ip[DNS_HIJACK_IPS]; /* invented ones: the last that were seen */
	unsigned n;                   /* how many were ever seen; the ring wraps */
	int64_t probed_ms;            /* 0 = never */
};

/* Is a probe to be sent now? Then it is noted as sent now. */
bool dns_hijack_probe(struct dns_hijack *h, int64_t now_ms);
/* The answer to it. True: there is an address that was not known. A failure tells nothing. */
bool dns_hijack_learn(struct dns_hijack *h, const struct dns_answer *a);
/* Is this answer an invention? */
bool dns_hijack_is(const struct dns_hijack *h, const struct dns_answer *a);

#endif
