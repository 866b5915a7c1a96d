/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_quota.h"

#include "tests/lib/dns_script.h"
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"
#include "util/log.h"

enum { LIMIT = 100, T = 1700000000 };

static const struct dnsbl list = {.name = {"z", 1}, .shown = {"z.example", 9}, .limit = LIMIT,
	.limit_seconds = 3600};
static const struct dnsbl free_list = {.name = {"f", 1}, .shown = {"f.example", 9}};

struct node {
	struct dns *dns;
	struct dnsbl_quota q;
};

static void
open_node(struct node *n, const struct dnsbl *d, struct arena *a)
{
	n->dns = dns_new(&dns_script_new()->backend, NULL);
	dnsbl_quota_init(&n->q, d, n->dns, a);
}

/* Queries that leave, of so many that want to. */
static unsigned
leave(struct node *n, unsigned want)
{
	unsigned left = 0;

	for (unsigned i = 0; i < want; i++)
		left += dns_ledger_takes(n->q.ledger);
	return left;
}

static void
tell(struct node *n, struct store *s, int64_t now_ms, struct arena *a)
{
	struct store_request r = dnsbl_quota_request(&n->q, now_ms, T + now_ms / 1000);
	struct store_result result = {.status = STORE_TEMPFAIL};

	if (s)
		store_do(s, &r, 1, a, &result);
	dnsbl_quota_heard(&n->q, &result, now_ms);
}

/* Whatever time a limit is for, the store takes it. */
static void
windows(void)
{
	static const uint32_t seconds[] = {1, 59, 60, 61, 90, 100, 119, 150, 239, 299, 1199, 3600, 86400, 86401, 2592000};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		struct dnsbl d = list;
		struct store *s = store_local();
		struct node n;
		char name[16];

		d.limit_seconds = seconds[i];
		snprintf(name, sizeof(name), "%u", (unsigned)seconds[i]);
		open_node(&n, &d, a);
		leave(&n, 60);
		tell(&n, s, 1000, a);
		UNIT_CASE(dnsbl_quota_used(&n.q) == 60 && n.q.told == 60, name);
		tell(&n, s, 1000 + 1100 * (int64_t)seconds[i], a);
		UNIT_CASE(dnsbl_quota_used(&n.q) == 0, name);
		dns_free(n.dns);
		store_free(s);
	}
	arena_free(a);
}

/* Two nodes share the limit; the second knows it after its first look. */
static void
two_nodes(void)
{
	struct arena *a = arena_new();
	struct store *s = store_local();
	struct node one, two;

	open_node(&one, &list, a);
	open_node(&two, &list, a);
	CU_ASSERT_TRUE(dnsbl_quota_due(&one.q, 1000)); /* to hear what was asked before */
	tell(&one, s, 1000, a);
	CU_ASSERT_FALSE(dnsbl_quota_due(&one.q, 1000 + DNSBL_QUOTA_MS));
	CU_ASSERT_EQUAL(leave(&one, 60), 60);
	CU_ASSERT_EQUAL(dnsbl_quota_used(&one.q), 60);
	CU_ASSERT_FALSE(dnsbl_quota_due(&one.q, 1999));
	CU_ASSERT_TRUE(dnsbl_quota_due(&one.q, 1000 + DNSBL_QUOTA_MS));
	tell(&one, s, 2000, a);
	tell(&two, s, 2000, a);
	CU_ASSERT_EQUAL(leave(&two, 100), 40);
	CU_ASSERT_TRUE(dnsbl_quota_is_full(&two.q));
	CU_ASSERT_FALSE(dnsbl_quota_is_full(&one.q));
	tell(&two, s, 3000, a);
	tell(&one, s, 3000 + DNSBL_QUOTA_LOOK_MS, a);
	CU_ASSERT_TRUE(dnsbl_quota_is_full(&one.q));
	CU_ASSERT_EQUAL(leave(&one, 100), 0);
	/* an hour later all is forgotten */
	tell(&one, s, 3700 * 1000, a);
	CU_ASSERT_EQUAL(dnsbl_quota_used(&one.q), 0);
	CU_ASSERT_EQUAL(leave(&one, 200), LIMIT);
	dns_free(one.dns);
	dns_free(two.dns);
	store_free(s);
	arena_free(a);
}

/* Without a store each counts its own, exactly; what was counted is told when it is back. */
static void
no_store(void)
{
	struct arena *a = arena_new();
	struct store *s = store_local();
	struct node one;

	open_node(&one, &list, a);
	tell(&one, NULL, 1000, a);
	CU_ASSERT_EQUAL(leave(&one, 70), 70);
	tell(&one, NULL, 2000, a);
	CU_ASSERT_EQUAL(dnsbl_quota_used(&one.q), 70);
	CU_ASSERT_EQUAL(leave(&one, 70), 30);
	tell(&one, s, 3000, a);
	CU_ASSERT_EQUAL(one.q.total, LIMIT);
	CU_ASSERT_EQUAL(leave(&one, 1), 0);
	dns_free(one.dns);
	store_free(s);
	arena_free(a);
}

static size_t
lines(struct view text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

/* One for each window in which it is reached. */
static void
one_warning(void)
{
	struct arena *a = arena_new();
	struct store *s = store_local();
	struct node one;
	struct view text;

	open_node(&one, &list, a);
	log_capture_begin();
	leave(&one, LIMIT);
	for (int i = 1; i < 10; i++)
		tell(&one, s, i * 1000, a);
	text = log_capture_end();
	CU_ASSERT_TRUE(view_search_nocase(text, VIEW("event=dnsbl-limit list=z zone=z.example limit=100")) < text.n);
	CU_ASSERT_EQUAL(lines(text), 1);
	log_capture_begin();
	tell(&one, s, 3700 * 1000, a); /* all is forgotten */
	leave(&one, LIMIT);
	for (int i = 0; i < 10; i++)
		tell(&one, s, (3701 + i) * 1000, a);
	CU_ASSERT_EQUAL(lines(log_capture_end()), 1);
	dns_free(one.dns);
	store_free(s);
	arena_free(a);
}

/* A list without a limit is counted all the same. */
static void
no_limit(void)
{
	struct arena *a = arena_new();
	struct store *s = store_local();
	struct node one;

	open_node(&one, &free_list, a);
	CU_ASSERT_EQUAL(leave(&one, 5000), 5000);
	tell(&one, s, 1000, a);
	CU_ASSERT_EQUAL(one.q.total, 5000);
	CU_ASSERT_FALSE(dnsbl_quota_is_full(&one.q));
	CU_ASSERT_EQUAL(one.q.window, 86400);
	dns_free(one.dns);
	store_free(s);
	arena_free(a);
}

/* Limits of different times count apart; a short one has steps of a second. */
static void
apart(void)
{
	static const struct dnsbl day = {.name = {"z", 1}, .shown = {"z.example", 9}, .limit = LIMIT},
		minute = {.name = {"z", 1}, .shown = {"z.example", 9}, .limit = LIMIT, .limit_seconds = 30};
	struct arena *a = arena_new();
	struct store_request r[2];
	struct node one, two;

	open_node(&one, &day, a);
	open_node(&two, &minute, a);
	r[0] = dnsbl_quota_request(&one.q, 1000, T);
	r[1] = dnsbl_quota_request(&two.q, 1000, T);
	CU_ASSERT_FALSE(view_eq(r[0].key, r[1].key));
	CU_ASSERT(r[0].step > 1 && r[0].window == 86400 && r[1].step == 1 && r[1].window == 30);
	dns_free(one.dns);
	dns_free(two.dns);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"limits of any time", windows},
	{"two nodes share a limit", two_nodes},
	{"without a store", no_store},
	{"one warning", one_warning},
	{"no limit", no_limit},
	{"limits of different times", apart},
};

int
main(void)
{
	return unit_main("checks/dnsbl_quota", tests, sizeof(tests) / sizeof(*tests));
}
