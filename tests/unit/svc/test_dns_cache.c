/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_cache.h"

#include <stdio.h>

#include "tests/lib/unit.h"

static struct dns_reply *
reply(uint32_t ttl)
{
	return dns_reply_new(&(struct dns_answer){.status = DNS_FOUND, .ttl = ttl});
}

static void
put(struct dns_cache *c, const char *key, uint32_t ttl, int64_t expires)
{
	struct dns_reply *r = reply(ttl);

	dns_cache_put(c, view_str(key), r, expires);
	dns_reply_drop(r);
}

/* The TTL of what is there, or -1. */
static int
got(struct dns_cache *c, const char *key, int64_t now)
{
	struct dns_reply *r = dns_cache_get(c, view_str(key), now);

	return r ? (int)r->answer.ttl : -1;
}

static void
expires(void)
{
	struct dns_cache *c = dns_cache_new(1 << 20);

	CU_ASSERT_EQUAL(got(c, "a", 0), -1);
	put(c, "a", 7, 1000);
	put(c, "b", 8, 2000);
	CU_ASSERT_EQUAL(got(c, "a", 999), 7);
	CU_ASSERT_EQUAL(got(c, "a", 1000), -1);
	CU_ASSERT_EQUAL(got(c, "a", 0), -1); /* it is gone */
	CU_ASSERT_EQUAL(got(c, "b", 1999), 8);
	CU_ASSERT_EQUAL(dns_cache_count(c), 1);
	dns_cache_free(c);
}

static void
replaces(void)
{
	struct dns_cache *c = dns_cache_new(1 << 20);
	struct dns_reply *held;
	size_t bytes;

	put(c, "a", 1, 1000);
	bytes = dns_cache_bytes(c);
	held = dns_reply_hold(dns_cache_get(c, VIEW("a"), 0));
	put(c, "a", 2, 1000);
	CU_ASSERT_EQUAL(got(c, "a", 0), 2);
	CU_ASSERT_EQUAL(held->answer.ttl, 1); /* the holder keeps what it was given */
	CU_ASSERT_EQUAL(dns_cache_count(c), 1);
	CU_ASSERT_EQUAL(dns_cache_bytes(c), bytes);
	dns_cache_free(c);
	CU_ASSERT_EQUAL(held->answer.ttl, 1);
	dns_reply_drop(held);
}

/* Room for three: the one unused for longest goes. */
static void
evicts(void)
{
	struct dns_cache *c = dns_cache_new(1 << 20);
	size_t one;

	put(c, "a", 1, 1000);
	one = dns_cache_bytes(c);
	dns_cache_free(c);
	c = dns_cache_new(3 * one + one / 2);
	put(c, "a", 1, 1000);
	put(c, "b", 2, 1000);
	put(c, "c", 3, 1000);
	CU_ASSERT_EQUAL(got(c, "a", 0), 1);
	put(c, "d", 4, 1000);
	CU_ASSERT_EQUAL(got(c, "b", 0), -1);
	CU_ASSERT_EQUAL(got(c, "a", 0), 1);
	CU_ASSERT_EQUAL(got(c, "c", 0), 3);
	CU_ASSERT_EQUAL(got(c, "d", 0), 4);
	CU_ASSERT_EQUAL(dns_cache_bytes(c), 3 * one);
	dns_cache_free(c);
}

static void
ceiling(void)
{
	struct dns_cache *c = dns_cache_new(20000);
	struct dns_rr rr = {.text = {NULL, 0}};
	char text[30000] = {0}, key[32];
	struct dns_reply *r;

	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "key %d", i * 7919 % 1000);
		put(c, key, 1, 1000);
		CU_ASSERT(dns_cache_bytes(c) <= 20000);
	}
	CU_ASSERT(dns_cache_count(c) > 40);
	rr.text = view_of(text, sizeof(text));
	r = dns_reply_new(&(struct dns_answer){.status = DNS_FOUND, .rr = &rr, .n = 1});
	dns_cache_put(
		c, VIEW("big"), r, 1000); /* larger than the cache: nothing makes room for it */
	CU_ASSERT_PTR_NULL(dns_cache_get(c, VIEW("big"), 0));
	CU_ASSERT(dns_cache_count(c) > 40);
	dns_reply_drop(r);
	dns_cache_free(c);
	dns_cache_free(NULL);
}

/* All that an answer points to is in the copy. */
static void
copies(void)
{
	char name[] = "mx.example", text[] = "a\0b", why[] = "SERVFAIL";
	struct dns_rr rr[2] = {{.priority = 7, .name = VIEW("")}, {.text = VIEW("")}};
	struct dns_reply *r, *f;

	rr[0].name = view_of(name, sizeof(name) - 1);
	rr[1].text = view_of(text, 3);
	r = dns_reply_new(&(struct dns_answer){.status = DNS_FOUND, .rr = rr, .n = 2, .ttl = 5});
	f = dns_reply_fail(why);
	memset(name, 'x', sizeof(name));
	memset(text, 'x', sizeof(text));
	memset(why, 'x', sizeof(why));
	memset(rr, 0, sizeof(rr));
	UNIT_VIEW(r->answer.rr[0].name, "mx.example");
	CU_ASSERT_PTR_NULL(r->answer.rr[0].text.p);
	CU_ASSERT_EQUAL(r->answer.rr[0].priority, 7);
	CU_ASSERT(view_eq(r->answer.rr[1].text, view_of("a\0b", 3)));
	CU_ASSERT_STRING_EQUAL(f->answer.why, "SERVFAIL");
	CU_ASSERT_EQUAL(f->answer.status, DNS_TEMPFAIL);
	dns_reply_drop(r);
	dns_reply_drop(f);
	dns_reply_drop(NULL);
}

static const struct unit_test tests[] = {
	{"forgets at the time said", expires},
	{"replaces, holders keep theirs", replaces},
	{"drops the one unused for longest", evicts},
	{"stays under its ceiling", ceiling},
	{"copies answers whole", copies},
};

int
main(void)
{
	return unit_main("svc/dns_cache", tests, sizeof(tests) / sizeof(*tests));
}
