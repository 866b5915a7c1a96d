/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_reply.h"

#include <stdlib.h>

#include "util/limits.h"
#include "util/log.h"

static size_t
block_size(const struct dns_answer *a)
{
	size_t n = sizeof(struct dns_reply) + a->n * sizeof(*a->rr);

	if (a->why)
		n += strlen(a->why) + 1;
	for (size_t i = 0; i < a->n; i++)
		n += a->rr[i].name.n + a->rr[i].text.n;
	return n;
}

static struct view
put(char **at, struct view v)
{
	struct view copy = view_of(*at, v.n);

	if (!v.p)
		return v;
	memcpy(*at, v.p, v.n);
	*at += v.n;
	return copy;
}

struct dns_reply *
dns_reply_new(const struct dns_answer *a)
{
	size_t bytes = block_size(a);
	struct dns_reply *r = malloc(bytes);
	struct dns_rr *rr;
	char *at;

	if (!r)
		log_die("out of memory (%zu bytes)", bytes);
	rr = (struct dns_rr *)(r + 1);
	at = (char *)(rr + a->n);
	atomic_init(&r->refs, 1);
	r->bytes = bytes;
	r->answer = *a;
	r->answer.rr = rr;
	for (size_t i = 0; i < a->n; i++) {
		rr[i] = a->rr[i];
		rr[i].name = put(&at, a->rr[i].name);
		rr[i].text = put(&at, a->rr[i].text);
	}
	if (a->why)
		r->answer.why = put(&at, view_of(a->why, strlen(a->why) + 1)).p;
	return r;
}

struct dns_reply *
dns_reply_fail(const char *why)
{
	return dns_reply_new(&(struct dns_answer){.status = DNS_TEMPFAIL, .why = why});
}

struct dns_reply *
dns_reply_hold(struct dns_reply *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void
dns_reply_drop(struct dns_reply *r)
{
	if (r && atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
		free(r);
}

int64_t
dns_reply_life(const struct dns_answer *a, uint32_t ttl_max, uint32_t negative_max)
{
	uint32_t max = a->status == DNS_FOUND ? ttl_max : negative_max;

	if (a->status == DNS_TEMPFAIL)
		return DNS_TEMPFAIL_MS;
	return (int64_t)(a->ttl < max ? a->ttl : max) * 1000;
}
