/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whom `if unknown defer` holds, and for how long.
 */
#include "engine/deferral.h"

#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"
#include "util/limits.h"

static const char hold_rules[] = "dnsbl bl zone bl.example lookup client.ip test-entry none\n"
	"rule HELD when dnsbl.bl reject if unknown defer 451 4.7.1 \"held\"\n"; /* 192.0.2.67 is unknown */

/* The outcome at this second, in one world. */
static const char *
held_at(struct engine_world *w, int64_t seconds, const struct engine_mail *m)
{
	w->settings.now = 1795000000 + seconds;
	return engine_world_outcome(w, m);
}

static void
holds(void)
{
	struct engine_mail unsure = engine_world_good, other = engine_world_good, sure = engine_world_good;
	struct engine_world w;

	unsure.client = "192.0.2.67";
	other = unsure;
	other.to[0] = "pat@rcpt.example";
	engine_world_open(&w, hold_rules);
	CU_ASSERT_STRING_EQUAL(held_at(&w, 0, &sure), "end accept");
	CU_ASSERT_STRING_EQUAL(held_at(&w, 0, &unsure), "rcpt 451");
	CU_ASSERT_STRING_EQUAL(held_at(&w, 4 * 3600 - 1, &unsure), "rcpt 451");
	CU_ASSERT_STRING_EQUAL(held_at(&w, 4 * 3600, &unsure), "end accept");
	CU_ASSERT_STRING_EQUAL(held_at(&w, 4 * 3600, &other), "rcpt 451"); /* it has its own four hours */
	CU_ASSERT_STRING_EQUAL(held_at(&w, 20 * 3600, &unsure), "end accept"); /* and is not held anew */
	CU_ASSERT_STRING_EQUAL(held_at(&w, 72 * 3600, &unsure), "rcpt 451"); /* another day, another outage */
	engine_world_close(&w);
}

/* A rule that is decided at the end of the message, one of two recipients held long enough. */
static void
holds_at_the_end(void)
{
	struct engine_mail one = engine_world_good, both = engine_world_good;
	struct engine_world w;

	one.client = both.client = "192.0.2.67";
	both.to[1] = "pat@rcpt.example";
	engine_world_open(&w, "dnsbl bl zone bl.example lookup client.ip test-entry none\n"
		"rule HELD when dnsbl.bl and from.domain = good.example.com if unknown defer\n");
	CU_ASSERT_STRING_EQUAL(held_at(&w, 0, &one), "end defer");
	CU_ASSERT_STRING_EQUAL(held_at(&w, 4 * 3600, &one), "end accept");
	CU_ASSERT_STRING_EQUAL(held_at(&w, 4 * 3600, &both), "end accept tagged"); /* the mildest, marked */
	engine_world_close(&w);
}

static void
ask(struct engine_world *w, const char *name)
{
	struct dns_session *s = dns_session_new(w->dns);

	while (!dns_ask(s, view_str(name), DNS_A) && dns_wait(s, INT64_MAX))
		;
	dns_session_free(s);
}

/* One question after the other fails. In a dead zone of its sender's nobody is the freer for it; when the
 * resolver fails everybody, mail flows until it answers. */
static void
fail_and_hold(const char *more_zone, const char *want)
{
	struct engine_mail m = engine_world_good;
	struct engine_world w;

	m.client = "192.0.2.67";
	engine_world_open(&w, hold_rules);
	w.settings.authres = false; /* or more is asked, and answered */
	engine_world_more(&w, more_zone);
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 451");
	for (int i = 0; i < DNS_OUTAGE_FAILURES; i++) {
		char name[40];

		snprintf(name, sizeof(name), "%c%d.fail.example", 'a' + i / 5, 1 + i % 5);
		ask(&w, name);
	}
	ask(&w, "e1.fail.example"); /* and the probe, along with it */
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), want);
	ask(&w, "new.example.com");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 451");
	engine_world_close(&w);
}

static void
holds_nobody(void)
{
	fail_and_hold("$FAIL *.com. servfail\n$FAIL e1.fail.example. servfail\n", "end accept");
}

static void
holds_in_a_dead_zone(void)
{
	fail_and_hold("$FAIL e1.fail.example. servfail\n", "rcpt 451");
}

/* Without a store nobody knows since when. */
static void
holds_without_store(void)
{
	struct engine_mail m = engine_world_good;
	struct engine_world w;

	m.client = "192.0.2.67";
	engine_world_open(&w, hold_rules);
	store_free(w.store);
	w.store = store_connect("/nonexistent/store", 50);
	engine_world_renew(&w);
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	engine_world_close(&w);
}

/* What the end says to a message for many, and the store's calls for it. */
static const char *
held_many(struct engine_world *w, int64_t seconds, uint64_t *calls_out)
{
	struct engine_mail m = engine_world_good;
	struct store_counters before, after;
	struct session *s;
	const char *verdict;
	const struct edits *e;

	w->settings.now = 1795000000 + seconds;
	m.client = "192.0.2.67";
	store_count(w->store, &before);
	s = engine_world_begin(w, &m);
	for (int i = 0; i < 3 * HOLD_ASKS; i++) {
		char to[40];

		snprintf(to, sizeof(to), "r%d@rcpt.example", i);
		CU_ASSERT_EQUAL(session_rcpt(s, view_str(to))->kind, VERDICT_NONE);
	}
	verdict = verdict_name(engine_world_content(s, &m, &e)->kind);
	session_free(s);
	store_count(w->store, &after);
	*calls_out = after.calls - before.calls;
	return verdict;
}

/* One callback, many recipients: the store is asked a few times, and once if time is over or it fails. */
static void
holds_many(void)
{
	struct engine_world w;
	uint64_t calls;

	engine_world_open(&w, "dnsbl bl zone bl.example lookup client.ip test-entry none\n"
		"rule HELD when dnsbl.bl and from.domain = good.example.com if unknown defer\n");
	CU_ASSERT_STRING_EQUAL(held_many(&w, 0, &calls), "defer");
	CU_ASSERT_EQUAL(calls, HOLD_ASKS);
	CU_ASSERT_STRING_EQUAL(held_many(&w, 4 * 3600, &calls), "accept");
	CU_ASSERT_EQUAL(calls, HOLD_ASKS);
	w.settings.end_wait_ms = 0;
	CU_ASSERT_STRING_EQUAL(held_many(&w, 72 * 3600, &calls), "defer");
	CU_ASSERT_EQUAL(calls, 1);
	w.settings.end_wait_ms = 2000;
	store_free(w.store);
	w.store = store_connect("/nonexistent/store", 50);
	engine_world_renew(&w);
	CU_ASSERT_STRING_EQUAL(held_many(&w, 0, &calls), "accept");
	CU_ASSERT_EQUAL(calls, 1);
	engine_world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"holds for a while", holds},
		{"at the end of a message", holds_at_the_end},
		{"holds nobody in an outage", holds_nobody},
		{"holds whoever's own zones fail", holds_in_a_dead_zone},
		{"holds nobody without a store", holds_without_store},
		{"asks the store seldom for a message to many", holds_many},
	};

	return unit_main("engine/deferral", tests, sizeof(tests) / sizeof(*tests));
}
