/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Accounts that behave as if their password were stolen: when the alarm rings, and when not.
 */
#include "engine/alarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "svc/store_page.h"
#include "svc/store_series.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"
#include "util/limits.h"
#include "util/log.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static const int64_t noon = 1700049600; /* a whole day and a half */

static void
open_world(struct engine_world *w, uint32_t recipients, uint32_t rejects, uint32_t networks)
{
	engine_world_open(w, "rule SPAM scope any when mail.local = \"spam\" reject\n"
		"rule SLOW scope any when mail.local = \"slow\" defer\n"
		"rule RUNG scope any when auth.alarm is present tag\n");
	w->settings.alarm_recipients = recipients;
	w->settings.alarm_rejects = rejects;
	w->settings.alarm_networks = networks;
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_WARN, false);
}

struct mail {
	const char *user, *client, *from; /* from: NULL is joe */
	int64_t at;
	size_t n; /* recipients; at most 4 */
};

/* Sends it; what was logged meanwhile. */
static struct view
send(struct engine_world *w, const struct mail *m)
{
	static const char *const rcpt[] = {"a@rcpt.example", "b@rcpt.example", "c@rcpt.example", "d@rcpt.example"};
	struct engine_mail e = engine_world_good;
	char from[64];

	snprintf(from, sizeof(from), "%s@good.example.com", m->from ? m->from : "joe");
	e.from = from;
	e.auth = m->user;
	e.client = m->client ? m->client : e.client;
	for (size_t i = 0; i < 4; i++)
		e.to[i] = i < m->n ? rcpt[i] : NULL;
	w->settings.now = m->at;
	log_capture_begin();
	engine_world_outcome(w, &e);
	return log_capture_end();
}

static bool
has(struct view log, const char *words)
{
	return view_search_nocase(log, view_str(words)) < log.n;
}

static bool
is_quiet(struct view log)
{
	return !has(log, "event=alarm");
}

/* "volume rejects", or "none". */
static const char *
fact(const struct engine_world *w)
{
	static char text[64];
	json_t *v = json_object_get(json_object_get(w->record, "facts"), "auth.alarm");

	text[0] = 0;
	for (size_t i = 0; i < json_array_size(v); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			json_string_value(json_array_get(v, i)));
	return *text ? text : json_is_null(v) ? "none" : "?";
}

static void
volume(void)
{
	struct engine_world w;
	struct view log;

	open_world(&w, 10, 0, 0);
	for (int i = 0; i < 5; i++) {
		CU_ASSERT(is_quiet(send(&w, &(struct mail){"kim", .at = noon + i, .n = 2})));
		CU_ASSERT_STRING_EQUAL(fact(&w), "none");
	}
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"joe", .at = noon, .n = 4}))); /* another's */
	CU_ASSERT(is_quiet(send(&w, &(struct mail){NULL, .at = noon, .n = 4})));  /* nobody's */
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"kim", .from = "slow", .at = noon, .n = 4})));
	log = send(&w, &(struct mail){"kim", .at = noon + 60, .n = 1});
	CU_ASSERT(has(log, "warning: event=alarm user=kim reason=volume recipients=11 limit=10 client=192.0.2.10 id="));
	CU_ASSERT_STRING_EQUAL(fact(&w), "none"); /* of the message before it */
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"kim", .at = noon + 61, .n = 1}))); /* once an hour */
	CU_ASSERT_STRING_EQUAL(fact(&w), "volume");
	CU_ASSERT(json_is_true(json_object_get(w.record, "tagged")));
	send(&w, &(struct mail){"joe", .at = noon + 61, .n = 1});
	CU_ASSERT_STRING_EQUAL(fact(&w), "none");
	send(&w, &(struct mail){"kim", .at = noon + 60 + HOUR, .n = 1});
	CU_ASSERT_STRING_EQUAL(fact(&w), "none");
	for (int i = 0; i < 3; i++)
		log = send(&w, &(struct mail){"kim", .at = noon + 60 + HOUR + i, .n = 4});
	CU_ASSERT(has(log, "reason=volume recipients=13")); /* the 3600 seconds before are over */
	engine_world_close(&w);
}

/* Who logs in as KIM and kIm is one account. */
static void
any_case(void)
{
	struct engine_world w;

	open_world(&w, 10, 0, 0);
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"kim", .at = noon, .n = 4})));
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"KIM", .at = noon, .n = 4})));
	CU_ASSERT(has(send(&w, &(struct mail){"kIm", .at = noon, .n = 3}), "user=kIm reason=volume recipients=11"));
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"Kim", .at = noon, .n = 1})));
	CU_ASSERT_STRING_EQUAL(fact(&w), "volume");
	engine_world_close(&w);
}

/* What an account does every week is no alarm; twice of it in one hour is. */
static void
habit(void)
{
	struct engine_world w;

	open_world(&w, 5, 0, 0);
	for (int week = 0; week < 2; week++) /* new accounts have no habit */
		for (int i = 0; i < 4; i++)
			CU_ASSERT_EQUAL(is_quiet(send(&w, &(struct mail){"kim",
				.at = noon + week * 7 * DAY + i, .n = 2})), i != 2);
	for (int i = 0; i < 8; i++)
		CU_ASSERT(is_quiet(send(&w, &(struct mail){"kim", .at = noon + 14 * DAY + i, .n = 2})));
	CU_ASSERT(has(send(&w, &(struct mail){"kim", .at = noon + 14 * DAY + 9, .n = 1}), "recipients=17 limit=16"));
	for (int i = 0; i < 3; i++) /* after two months of silence it is new again */
		CU_ASSERT_EQUAL(is_quiet(send(&w, &(struct mail){"kim", .at = noon + 80 * DAY + i, .n = 2})), i != 2);
	engine_world_close(&w);
}

static void
usual(void)
{
	static const struct {
		const char *name;
		int64_t pair[4][2]; /* days ago, and count */
		int64_t want;
	} rows[] = {
		{"none", {{0}}, 0},
		{"one day", {{3, 500}}, 0},
		{"two days", {{9, 500}, {3, 20}}, 20},
		{"today is not usual", {{3, 20}, {2, 10}, {0, 800}}, 10},
		{"nor is tomorrow", {{3, 20}, {2, 10}, {-1, 800}}, 10},
		{"the busiest is left out", {{30, 5}, {20, 900}, {10, 7}, {1, 6}}, 7},
		{"weekly", {{21, 500}, {14, 510}, {7, 520}, {1, 6}}, 510},
		{"the same twice", {{2, 9}, {1, 9}}, 9},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char series[4 * STORE_SERIES_PAIR];
		size_t n = 0;

		for (size_t k = 0; k < 4 && rows[i].pair[k][1]; k++, n += STORE_SERIES_PAIR)
			store_series_put(series + n, noon - noon % DAY - rows[i].pair[k][0] * DAY, rows[i].pair[k][1]);
		UNIT_CASE(alarm_usual(view_of(series, n), noon) == rows[i].want, rows[i].name);
	}
	CU_ASSERT_EQUAL(alarm_usual(VIEW("broken"), noon), 0);
}

static void
rejects(void)
{
	struct engine_world w;
	struct mail m = {"kim", .from = "spam", .at = noon, .n = 1}, slow = {"kim", .from = "slow", .at = noon, .n = 1};

	open_world(&w, 0, 3, 0);
	for (int i = 0; i < 9; i++) /* who only comes again is not counted */
		CU_ASSERT(is_quiet(send(&w, &slow)));
	for (int i = 0; i < 3; i++)
		CU_ASSERT(is_quiet(send(&w, &m)));
	CU_ASSERT(has(send(&w, &m), "event=alarm user=kim reason=rejects rejects=4 limit=3 "));
	CU_ASSERT(is_quiet(send(&w, &m)));
	CU_ASSERT_STRING_EQUAL(fact(&w), "rejects");
	engine_world_close(&w);
}

/* Those of a backend count, and so do those of an MTA before the milter. */
static void
rejects_of_others(void)
{
	struct engine_world w;
	struct session_client client = {.ip = {4, {192, 0, 2, 10}}, .asks_backend = true};
	struct session_mail mail = {.from = VIEW("<joe@good.example.com>"), .auth_user = VIEW("kim")};
	struct session *s;

	open_world(&w, 0, 3, 0);
	w.settings.now = noon;
	log_capture_begin();
	s = session_new(w.engine, &client);
	session_connect(s);
	session_mail(s, &mail);
	for (int i = 0; i < 2; i++) {
		session_rcpt(s, VIEW("<kim@rcpt.example>"));
		session_rcpt_answered(s, RCPT_REFUSED);
		session_rcpt_refused(s, VIEW("<kim@rcpt.example>"));
		session_rcpt(s, VIEW("<kim@rcpt.example>"));
		session_rcpt_answered(s, RCPT_PUT_OFF);
	}
	session_free(s);
	CU_ASSERT(has(log_capture_end(), "event=alarm user=kim reason=rejects rejects=4 limit=3 "));
	engine_world_close(&w);
}

static void
networks(void)
{
	static const char *const from[] = {"192.0.2.10", "192.0.2.77", "192.0.3.1", "2001:db8::1",
		"2001:db8:0:ffff::1", "2001:db8:1::1"};
	struct engine_world w;
	struct view log = VIEW("");

	open_world(&w, 0, 0, 3);
	for (int round = 0; round < 3; round++) /* four networks; 2 minutes apart, and an hour later */
		for (size_t i = 0; i < 6; i++) {
			int64_t at = noon + (round == 2 ? HOUR : round * 120) + (int64_t)i;

			log = send(&w, &(struct mail){"kim", from[i], .at = at, .n = 1});
			CU_ASSERT_EQUAL(is_quiet(log), round == 1 || i < 5);
		}
	CU_ASSERT(has(log, "reason=networks networks=4 limit=3 client=2001:db8:1::1 id="));
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"joe", "198.51.100.9", .at = noon, .n = 1})));
	for (size_t i = 0; i < 6; i++) /* what is refused comes from somewhere too */
		log = send(&w, &(struct mail){"ann", from[i], "spam", noon, 1});
	CU_ASSERT(has(log, "reason=networks networks=4 limit=3 client=2001:db8:1::1 id="));
	engine_world_close(&w);
}

/* With the shipped rules and settings: 800 messages in an hour, from so many networks. How many are accepted. */
static int
robbery(int from)
{
	struct engine_world w;
	char folder[512], rules[600], client[32];
	int accepted = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(folder, sizeof(folder)));
	snprintf(rules, sizeof(rules), "include \"%s/rules/outbound.rules\"\n", folder);
	engine_world_open(&w, rules);
	w.settings.alarm_recipients = 100;
	w.settings.alarm_rejects = 30;
	w.settings.alarm_networks = 8;
	for (int i = 0; i < 800; i++) {
		snprintf(client, sizeof(client), "203.0.%d.9", i % from);
		send(&w, &(struct mail){"kim", client, .at = noon + i * HOUR / 800, .n = 1});
		accepted += strcmp(json_string_value(json_object_get(w.record, "verdict")), "accept") == 0;
	}
	engine_world_close(&w);
	return accepted;
}

static void
shipped(void)
{
	CU_ASSERT_EQUAL(robbery(50), 101); /* the one that rang was accepted */
	CU_ASSERT_EQUAL(robbery(1), 500);
}

/* Two workers on one store: who is second says nothing, and knows. */
static void
two_workers(void)
{
	struct engine_world one, two;
	struct store *own;

	open_world(&one, 3, 0, 0);
	open_world(&two, 3, 0, 0);
	own = two.store;
	two.store = one.store;
	engine_world_renew(&two);
	CU_ASSERT(is_quiet(send(&one, &(struct mail){"kim", .at = noon, .n = 2})));
	CU_ASSERT(has(send(&two, &(struct mail){"kim", .at = noon, .n = 2}), "recipients=4 limit=3"));
	CU_ASSERT(is_quiet(send(&one, &(struct mail){"kim", .at = noon, .n = 2})));
	CU_ASSERT_STRING_EQUAL(fact(&one), "volume");
	two.store = own;
	engine_world_close(&two);
	engine_world_close(&one);
}

/* A clock that was years ahead leaves no alarm that lasts for years, and none that never rings again. */
static void
clock_put_back(void)
{
	struct engine_world w;
	struct view log;
	const int64_t ahead = noon + 1000 * (int64_t)DAY;

	open_world(&w, 3, 0, 1);
	for (int i = 0; i < 2; i++) {
		const char *client = i ? "198.51.100.9" : "192.0.2.10";

		CU_ASSERT_EQUAL(is_quiet(send(&w, &(struct mail){"kim", client, .at = ahead, .n = 2})), i == 0);
	}
	send(&w, &(struct mail){"kim", .at = ahead, .n = 1});
	CU_ASSERT_STRING_EQUAL(fact(&w), "volume networks");
	log = send(&w, &(struct mail){"kim", .at = noon, .n = 1}); /* later counts are as of now */
	CU_ASSERT(has(log, "reason=volume recipients=6") && has(log, "reason=networks networks=3"));
	CU_ASSERT_STRING_EQUAL(fact(&w), "none");
	CU_ASSERT(is_quiet(send(&w, &(struct mail){"kim", .at = noon, .n = 1})));
	send(&w, &(struct mail){"kim", .at = noon, .n = 1});
	CU_ASSERT_STRING_EQUAL(fact(&w), "volume networks");
	send(&w, &(struct mail){"kim", .at = noon + 2 * HOUR, .n = 1});
	CU_ASSERT_STRING_EQUAL(fact(&w), "none");
	engine_world_close(&w);
}

/* A store that is away: no alarm, the fact is unknown, the mail flows. */
static void
store_away(void)
{
	struct engine_world w;
	json_t *v;

	open_world(&w, 1, 1, 1);
	store_free(w.store);
	w.store = store_connect("/nonexistent/store.sock", 5);
	engine_world_renew(&w);
	for (int i = 0; i < 3; i++)
		CU_ASSERT(is_quiet(send(&w, &(struct mail){"kim", .at = noon, .n = 2})));
	v = json_object_get(json_object_get(w.record, "facts"), "auth.alarm");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(v, "unknown")), "store: no answer");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(w.record, "verdict")), "accept");
	engine_world_close(&w);
}

/* One call of the store to ask, and three to count, in one round trip; a network that is new, one more. */
static void
calls(void)
{
	struct store_counters before, n;
	struct engine_world w;

	open_world(&w, 100, 100, 100);
	send(&w, &(struct mail){NULL, .at = noon, .n = 2});
	store_count(w.store, &n);
	CU_ASSERT_EQUAL(n.calls, 0);
	send(&w, &(struct mail){"kim", .at = noon, .n = 2});
	store_count(w.store, &n);
	CU_ASSERT_EQUAL(n.calls, 3 + 3 + 1);
	before = n;
	send(&w, &(struct mail){"kim", .at = noon, .n = 2});
	store_count(w.store, &n);
	CU_ASSERT_EQUAL(n.calls - before.calls, 3 + 3);
	w.settings.alarm_recipients = w.settings.alarm_rejects = w.settings.alarm_networks = 0;
	before = n;
	send(&w, &(struct mail){"kim", .at = noon, .n = 2});
	store_count(w.store, &n);
	CU_ASSERT_EQUAL(n.calls - before.calls, 3); /* what a rule reads */
	engine_world_close(&w);
}

struct found {
	size_t n;
	struct alarm_record one;
};

static void
scan(struct engine_world *w, struct found *out)
{
	struct store_request r = alarm_scan();
	struct store_page_record record;
	struct store_result page;
	struct view cursor;

	out->n = 0;
	r.now = noon + 1;
	store_do(w->store, &r, 1, w->arena, &page);
	CU_ASSERT_EQUAL_FATAL(page.status, STORE_FOUND);
	CU_ASSERT_TRUE(store_page_cursor(&page.value, &cursor));
	while (store_page_next(&page.value, &record)) {
		CU_ASSERT_TRUE(alarm_read(record.key, record.value, &out->one));
		out->n++;
	}
}

/* Who is forgotten may come from as many networks again, but those that he was seen in stay known. */
static void
forgets_networks(struct engine_world *w)
{
	struct store_request r[STORE_CALLS_MAX];
	struct store_result result[STORE_CALLS_MAX];
	static const char *const from[] = {"192.0.2.1", "192.0.3.1", "192.0.4.1", "192.0.5.1"};

	w->settings.alarm_networks = 2;
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT(is_quiet(send(w, &(struct mail){"eve", from[i], .at = noon, .n = 1})));
		if (i == 1)
			store_do(w->store, r, alarm_forget(VIEW("eve"), noon, w->arena, r), w->arena, result);
	}
}

/* Names of any bytes and length; found, and forgotten with what was counted. */
static void
found_and_forgotten(void)
{
	char name[2 * STORE_KEY_MAX];
	const char *const users[] = {"kim", "k\n\"m\xff", name};
	struct engine_world w;
	struct found f;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	open_world(&w, 3, 0, 0);
	for (size_t i = 0; i < 3; i++) {
		struct store_request r[STORE_CALLS_MAX];
		struct store_result result[STORE_CALLS_MAX];
		struct mail m = {users[i], .at = noon, .n = 4};
		struct view log = send(&w, &m);
		size_t n;

		CU_ASSERT(has(log, "event=alarm user="));
		CU_ASSERT_EQUAL(view_find(log, '\n'), log.n - 1);
		scan(&w, &f);
		CU_ASSERT_EQUAL(f.n, 1);
		CU_ASSERT(i == 2 ? f.one.user.n == 64 : view_eq_str(f.one.user, users[i]));
		CU_ASSERT(f.one.reason == ALARM_VOLUME && f.one.raised == noon && f.one.count == 4);
		n = alarm_forget(view_str(users[i]), noon, w.arena, r);
		store_do(w.store, r, n, w.arena, result);
		scan(&w, &f);
		CU_ASSERT_EQUAL(f.n, 0);
		m.n = 1;
		CU_ASSERT(is_quiet(send(&w, &m)));
		CU_ASSERT_STRING_EQUAL(fact(&w), "none");
	}
	forgets_networks(&w);
	CU_ASSERT_FALSE(alarm_read(VIEW("alarm"), VIEW(""), &f.one));
	CU_ASSERT_FALSE(alarm_read(view_of("alarm\0kim\0volume\0more", 21), view_of((char[16]){0}, 16), &f.one));
	CU_ASSERT_FALSE(alarm_read(view_of("alarm\0kim\0volume", 16), VIEW("short"), &f.one));
	CU_ASSERT_FALSE(alarm_read(view_of("alarm\0kim\0others", 16), view_of((char[16]){0}, 16), &f.one));
	CU_ASSERT_FALSE(alarm_read(view_of("seen\0kim\0volume", 15), view_of((char[16]){0}, 16), &f.one));
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"volume", volume},
	{"an account in any case", any_case},
	{"what is usual for an account", habit},
	{"the usual day", usual},
	{"rejects", rejects},
	{"rejects of backend and MTA", rejects_of_others},
	{"networks", networks},
	{"a stolen account meets the shipped rules", shipped},
	{"two workers, one alarm", two_workers},
	{"the clock was put back", clock_put_back},
	{"a store that is away", store_away},
	{"calls of the store", calls},
	{"found and forgotten", found_and_forgotten},
};

int
main(void)
{
	return unit_main("engine/alarm", tests, sizeof(tests) / sizeof(*tests));
}
