/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rates through the whole engine: what counts, by what, for how long, and what does not.
 */
#include "engine/counting.h"

#include <pthread.h>
#include <stdlib.h>

#include "engine/session.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

static const char *
fact(const struct engine_world *w, const char *name)
{
	static char text[64];
	json_t *v = json_object_get(json_object_get(w->record, "facts"), name);

	if (json_is_integer(v))
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
	else
		snprintf(text, sizeof(text), "%s", json_is_string(v) ? json_string_value(v) : "none");
	return text;
}

/* A message from this user at this time; its outcome, and the fact. */
static void
send(struct engine_world *w, const char *user, int64_t now, const char *outcome, const char *name,
	const char *count)
{
	struct engine_mail m = engine_world_good;
	char what[96];

	m.auth = user;
	w->settings.now = now;
	snprintf(what, sizeof(what), "%s at %lld", user ? user : "nobody", (long long)now);
	UNIT_CASE(strcmp(engine_world_outcome(w, &m), outcome) == 0, what);
	UNIT_CASE(strcmp(fact(w, name), count) == 0, what);
}

/* What RULES.md promises: at most so many in the time, the one under way counted; a deferred one feeds
 * nothing. */
static void
messages(void)
{
	struct engine_world w;
	const int64_t t = 1700000040; /* a whole minute */

	engine_world_open(&w, "rate sent messages by auth.user per 1h\n"
		"rule FLOOD scope outbound when rate.sent > 3 defer 450 4.7.1 \"{auth.user} sends too much\"\n");
	send(&w, "kim", t, "end accept", "rate.sent", "1");
	send(&w, "kim", t + 10, "end accept", "rate.sent", "2");
	send(&w, "joe", t + 10, "end accept", "rate.sent", "1");
	send(&w, "KIM", t + 20, "end accept", "rate.sent", "3"); /* the same account */
	for (int i = 0; i < 5; i++) /* a client that only retries does not shut itself out */
		send(&w, "kim", t + 30 + i, "rcpt 450", "rate.sent", "4");
	send(&w, "kim", t + 3599, "rcpt 450", "rate.sent", "4");
	send(&w, "kim", t + 3600, "end accept", "rate.sent", "1"); /* to within a step of a minute */
	send(&w, "kim", t + 3700, "end accept", "rate.sent", "2");
	send(&w, "kim", t - 7200, "end accept", "rate.sent", "3"); /* the clock was put back */
	engine_world_close(&w);
}

/* A stranger's addresses of one /64 are one host's; hosts of ours share one. */
static void
addresses(void)
{
	static const struct {
		const char *client, *count;
	} rows[] = {{"2001:db8:1:2::1", "1"}, {"2001:db8:1:2:ffff::2", "2"}, {"2001:db8:1:3::1", "1"},
		{"2001:db8:aaaa::1", "1"}, {"2001:db8:aaaa::2", "1"}, {"192.0.2.10", "1"}, {"192.0.2.11", "1"}};
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	engine_world_open(&w, "rate sent messages by client.ip per 1h\nrule MANY scope any when rate.sent > 9 score 1\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		m.client = rows[i].client;
		engine_world_outcome(&w, &m);
		UNIT_CASE(strcmp(fact(&w, "rate.sent"), rows[i].count) == 0, rows[i].client);
	}
	engine_world_close(&w);
}

static void
recipients_and_bytes(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	engine_world_open(&w, "rate to recipients by mail.from per 1d\nrate volume bytes by client.ip per 1d\n"
		"rule MANY when rate.to > 4 reject 550 5.7.1 \"too many\"\nrule BIG when rate.volume > 1000000000 score 1\n");
	m.to[0] = "a@rcpt.example";
	m.to[1] = "b@rcpt.example";
	m.to[2] = "c@rcpt.example";
	m.to[3] = NULL;
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	CU_ASSERT_STRING_EQUAL(fact(&w, "rate.to"), "3");
	CU_ASSERT(strtol(fact(&w, "rate.volume"), NULL, 10) > 20);
	m.to[2] = NULL;
	engine_world_outcome(&w, &m); /* the fourth is taken, the fifth refused */
	CU_ASSERT_STRING_EQUAL(fact(&w, "rate.to"), "4");
	engine_world_close(&w);
}

/* Each recipient has a count of his own. */
static void
by_recipient(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;

	engine_world_open(&w, "rate got messages by rcpt.to, mail.domain per 10m\n"
		"rule BOMB when rate.got > 2 defer 450 4.2.1 \"enough\"\n");
	m.to[0] = "a@rcpt.example";
	for (int i = 0; i < 2; i++)
		CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 450");
	m.to[0] = "b@rcpt.example";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	engine_world_close(&w);
}

/* However many there are, and each counts for himself alone. */
static void
by_many_recipients(void)
{
	enum { MANY = 2 * STORE_CALLS_MAX + 1 };
	struct engine_world w;

	engine_world_open(&w, "rate got recipients by rcpt.to per 1h\nrule BOMB when rate.got > 2 defer 450 4.2.1 \"enough\"\n");
	for (int round = 0; round < 3; round++) {
		struct session *s = engine_world_begin(&w, &engine_world_good);
		const struct edits *e;

		for (int i = 0; i < MANY; i++) {
			const struct verdict *v = session_rcpt(s, arena_printf(w.arena, "r%d@rcpt.example", i));

			CU_ASSERT_EQUAL(v->kind, round < 2 ? VERDICT_NONE : VERDICT_DEFER);
		}
		if (round < 2)
			CU_ASSERT_EQUAL(engine_world_content(s, &engine_world_good, &e)->kind, VERDICT_ACCEPT);
		session_free(s);
	}
	engine_world_close(&w);
}

/* Several facts are one name, whatever their length, and not another's whose letters are the same. */
static void
by_names(void)
{
	static char x[64 + 1 + 240 + 1], y[sizeof(x)], z[sizeof(x)];
	const struct {
		const char *from, *to, *got, *pair;
	} rows[] = {{"ab@x.example", "c@rcpt.example", "1", "1"}, {"ab@x.example", "c@rcpt.example", "2", "2"},
		{"a@x.example", "bc@rcpt.example", "1", "1"}, {x, y, "1", "1"}, {x, y, "2", "2"}, {x, z, "1", "3"}};
	struct engine_world w;

	memset(x, 'x', sizeof(x) - 1);
	x[64] = '@';
	for (size_t i = 64 + 41; i < sizeof(x) - 1; i += 40)
		x[i] = '.';
	memcpy(y, x, sizeof(x));
	memcpy(z, x, sizeof(x));
	z[sizeof(z) - 2] = 'z';
	engine_world_open(&w, "rate got messages by mail.from, rcpt.to per 1h\n"
		"rate pair messages by mail.local, rcpt.local per 1h\n"
		"rule MANY when rate.got > 9 or rate.pair > 9 score 1\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_mail m = engine_world_good;

		m.from = rows[i].from;
		m.to[0] = rows[i].to;
		engine_world_outcome(&w, &m);
		UNIT_CASE(strcmp(fact(&w, "rate.got"), rows[i].got) == 0, arena_printf(w.arena, "row %zu", i).p);
		UNIT_CASE(strcmp(fact(&w, "rate.pair"), rows[i].pair) == 0, arena_printf(w.arena, "row %zu", i).p);
	}
	engine_world_close(&w);
}

/* Any time will do: a series has no more steps than the store takes. */
static void
times(void)
{
	static const int seconds[] = {1, 59, 60, 61, 119, 121, 3599};

	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		struct engine_world w;
		char text[100], want[8];

		snprintf(text, sizeof(text), "rate sent messages by client.ip per %ds\nrule MANY when rate.sent > 99 score 1\n",
			seconds[i]);
		engine_world_open(&w, text);
		for (int k = 0; k < 70; k++) {
			snprintf(want, sizeof(want), "%d", k + 1);
			send(&w, NULL, 1700000040 + seconds[i] * k / 80, "end accept", "rate.sent", want);
		}
		send(&w, NULL, 1700000040 + 2 * seconds[i], "end accept", "rate.sent", "1");
		engine_world_close(&w);
	}
}

/* What is refused as a whole is refused for each recipient, and what the MTA refused for none that it took. */
static void
refused_recipients(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	struct session *s;

	engine_world_open(&w, "rate no rejects by rcpt.to per 1h\n"
		"rule SPAM when header(\"X-Spam\") is present reject 550 5.7.1 \"spam\"\n"
		"rule BOMB when rate.no >= 1 defer 450 4.2.1 \"enough\"\n");
	s = engine_world_begin(&w, &m);
	session_rcpt(s, VIEW("<kim@rcpt.example>"));
	session_rcpt_refused(s, VIEW("<lee@rcpt.example>")); /* by the MTA */
	session_free(s);
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	m.to[1] = "ann@rcpt.example";
	m.header = "X-Spam: yes";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end reject");
	m.header = "X-Ham: yes";
	for (int i = 0; i < 2; i++) {
		m.to[0] = i ? "ann@rcpt.example" : "kim@rcpt.example";
		m.to[1] = NULL;
		UNIT_CASE(strcmp(engine_world_outcome(&w, &m), "rcpt 450") == 0, m.to[0]);
	}
	m.to[0] = "lee@rcpt.example";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	engine_world_close(&w);
}

static void
refusals(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	struct session *s;

	engine_world_open(&w, "rate no rejects by client.ip per 1h\n"
		"rule UNKNOWN when rcpt.local = \"nobody\" reject 550 5.1.1 \"no such user\"\n"
		"rule HARVEST when rate.no >= 3 reject 554 5.7.1 \"you guess\"\n");
	m.to[0] = "nobody@rcpt.example";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 550");
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 550");
	m.to[0] = "kim@rcpt.example";
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	s = engine_world_begin(&w, &m);
	session_rcpt_refused(s, VIEW("<lee@rcpt.example>")); /* by the MTA */
	session_free(s);
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "rcpt 554");
	engine_world_close(&w);
}

/* A session counts once, however many messages it has. */
static void
connections(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	struct session *s;
	const struct edits *e;

	engine_world_open(&w, "rate came connections by client.ip per 1m\nrule OFTEN when rate.came > 2 score 1\n");
	s = engine_world_begin(&w, &m);
	for (int i = 0; i < 3; i++) {
		session_mail(s, &(struct session_mail){.from = VIEW("<joe@good.example.com>")});
		session_rcpt(s, VIEW("<kim@rcpt.example>"));
		engine_world_content(s, &m, &e);
		CU_ASSERT_STRING_EQUAL(fact(&w, "rate.came"), "1");
	}
	session_free(s);
	engine_world_outcome(&w, &m);
	CU_ASSERT_STRING_EQUAL(fact(&w, "rate.came"), "2");
	engine_world_close(&w);
}

/* In front of a backend only what the client was told 250 for. */
static void
backend(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	const struct session_client client = {.ip = {4, {192, 0, 2, 10}}, .asks_backend = true};

	engine_world_open(&w, "rate sent messages by client.ip per 1h\nrule MANY when rate.sent > 9 score 1\n");
	for (int i = 0; i < 4; i++) {
		struct session *s = session_new(w.engine, &client);
		const struct edits *e;

		session_connect(s);
		session_helo(s, VIEW("mx.good.example.com"));
		session_mail(s, &(struct session_mail){.from = VIEW("<joe@good.example.com>")});
		session_rcpt(s, VIEW("<kim@rcpt.example>"));
		session_rcpt_answered(s, RCPT_TAKEN);
		session_accepted(s); /* too early: it has not been judged */
		engine_world_content(s, &m, &e);
		if (i % 2)
			session_accepted(s);
		session_free(s);
	}
	engine_world_outcome(&w, &m);
	CU_ASSERT_STRING_EQUAL(fact(&w, "rate.sent"), "3");
	engine_world_close(&w);
}

/* A store that does not answer: the count is unknown, and the mail flows. No user: there is nothing to count. */
static void
unknown_and_missing(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	json_t *facts, *came;

	engine_world_open(&w, "rate sent messages by auth.user per 1h\nrate came messages by client.ip per 1h\n"
		"rule FLOOD when rate.sent > 0 reject\nrule MANY when rate.came > 0 reject\n");
	store_free(w.store);
	w.store = store_connect("/nonexistent/store.sock", 5);
	engine_world_renew(&w);
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &m), "end accept");
	facts = json_object_get(w.record, "facts");
	came = json_object_get(json_object_get(facts, "rate.came"), "unknown");
	CU_ASSERT_FATAL(json_is_string(came));
	CU_ASSERT_STRING_EQUAL(json_string_value(came), "store: no answer");
	CU_ASSERT(json_is_null(json_object_get(facts, "rate.sent")));
	engine_world_close(&w);
}

/* A rate that only rules for the other direction read costs no call of the store: one looks, one counts. */
static void
directions(void)
{
	static const struct {
		const char *rules;
		unsigned inbound, outbound; /* calls of the store */
	} rows[] = {
		{"rate n recipients by client.ip per 1h\nrule OUT scope outbound when rate.n > 9 score 1\n", 0, 2},
		{"rate n recipients by client.ip per 1h\nrule OUT when rate.n > 9 score 1\n", 2, 0},
		{"rate n recipients by client.ip per 1h\nrule OUT scope any when rate.n > 9 score 1\n", 2, 2},
		{"rate n recipients by client.ip per 1h\nrule OUT scope outbound when rate.n > 9 score 1\n"
		 "rule BOTH when OUT score 1\n", 2, 2},
		{"rate n connections by client.ip per 1h\nrule OUT scope outbound when rate.n > 9 score 1\n", 0, 1},
		{"rate n rejects by client.ip per 1h\nrule OUT scope outbound when rate.n > 9 score 1\n"
		 "rule NO scope any when rcpt.local = \"kim\" reject\n", 0, 2},
		{"rate n messages by rcpt.to per 1h\nrule OUT scope outbound when rcpt.local = \"kim\"\n"
		 "    defer 450 4.7.1 \"{rate.n}\"\n", 0, 1}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int out = 0; out < 2; out++) {
			struct engine_mail m = engine_world_good;
			struct store_counters n;
			struct engine_world w;

			m.client = out ? "198.51.100.9" : m.client;
			engine_world_open(&w, rows[i].rules);
			engine_world_outcome(&w, &m);
			store_count(w.store, &n);
			UNIT_CASE(n.calls == (out ? rows[i].outbound : rows[i].inbound), rows[i].rules);
			engine_world_close(&w);
		}
}

/* ---- 64 at once ---- */

enum { THREADS = 64, EACH = 8 };

static void *
flood(void *arg)
{
	struct engine_world *w = arg;
	struct engine_mail m = engine_world_good;

	for (int i = 0; i < EACH; i++) {
		struct session *s = engine_world_begin(w, &m);
		const struct edits *e;

		session_rcpt(s, VIEW("<kim@rcpt.example>"));
		engine_world_content(s, &m, &e);
		session_free(s);
	}
	return NULL;
}

static void
crowd(void)
{
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	pthread_t t[THREADS];
	char want[16];

	engine_world_open(&w, "rate sent messages by client.ip per 1d\nrule MANY when rate.sent > 99999 score 1\n");
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, flood, &w) != 0)
			abort();
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	engine_world_outcome(&w, &m);
	snprintf(want, sizeof(want), "%d", THREADS * EACH + 1);
	CU_ASSERT_STRING_EQUAL(fact(&w, "rate.sent"), want);
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"messages by user", messages},
	{"addresses of IPv6", addresses},
	{"recipients and bytes", recipients_and_bytes},
	{"by recipient", by_recipient},
	{"by many recipients", by_many_recipients},
	{"by several names", by_names},
	{"for any time", times},
	{"refusals", refusals},
	{"refusals of recipients", refused_recipients},
	{"connections", connections},
	{"in front of a backend", backend},
	{"unknown and missing", unknown_and_missing},
	{"only of the rules' direction", directions},
	{"64 at once", crowd},
};

int
main(void)
{
	return unit_main("engine/counting", tests, sizeof(tests) / sizeof(*tests));
}
