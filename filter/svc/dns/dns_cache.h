/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_cache -- replies by question, until their time is over or the room is.
 *
 * Bytes are counted as the heap sees them; past the ceiling the entries unused for longest go
 * first. Keys are hashed with SipHash (util/map.h). Not locked: the service holds its own lock.
 */
#ifndef SVC_DNS_CACHE_H
#define SVC_DNS_CACHE_H

#include "svc/dns/dns_reply.h"

struct dns_cache;

struct dns_cache *dns_cache_new(size_t max_bytes); /* gives */
void dns_cache_free(struct dns_cache *c);          /* NULL is legal */

/* Borrows until the next call: hold it to keep it. NULL if there is none, or if it expired. Times
 * are those of clock_mono_ms. */
struct dns_reply *dns_cache_get(struct dns_cache *c, struct view key, int64_t now);
/* Holds r, in place of what was there. What is larger than the whole cache is not put. */
void dns_cache_put(struct dns_cache *c, struct view key, struct dns_reply *r, int64_t expires);

size_t dns_cache_count(const struct dns_cache *c);
size_t dns_cache_bytes(const struct dns_cache *c);

#endif
