/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_reply -- a struct dns_answer in one heap block, shared by the cache and by sessions.
 *
 * The answer never changes; the references are counted atomically, so the last holder on any thread
 * frees it.
 */
#ifndef SVC_DNS_REPLY_H
#define SVC_DNS_REPLY_H

#include <stdatomic.h>

#include "svc/dns.h"

struct dns_reply {
	atomic_uint refs;
	size_t bytes; /* of the block */
	struct dns_answer answer;
};

/* A copy of all that a points to, with one reference. gives. */
struct dns_reply *dns_reply_new(const struct dns_answer *a);
/* DNS_TEMPFAIL for this reason. gives. */
struct dns_reply *dns_reply_fail(const char *why);
struct dns_reply *dns_reply_hold(struct dns_reply *r);
void dns_reply_drop(struct dns_reply *r); /* NULL is legal */

/* Milliseconds that an answer may be kept: its TTL, at most so many seconds; a failure has its own time. */
int64_t dns_reply_life(const struct dns_answer *a, uint32_t ttl_max, uint32_t negative_max);

#endif
