/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Greylisting as an action: it waits for who the client is, and for nothing else.
 */
#include <stdio.h>

#include "engine/session.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

static const char rules[] = "rule GREY when rcpt.local = \"kim\" greylist\n";

static void
on_wake(void *ctx)
{
	(*(unsigned *)ctx)++;
}

/* Before an answer has come, only the recipient that is to be greylisted waits for one; all questions are
 * asked at once. */
static void
asks_early(void)
{
	struct engine_world w;
	struct dns_script *script;
	const struct verdict *v;
	struct session *s;
	unsigned wakes = 0;
	size_t answered = 0;

	engine_world_open(&w, rules);
	w.settings.authres = false; /* so that nothing else asks */
	w.wake = on_wake;
	w.wake_ctx = &wakes;
	script = engine_world_script(&w);
	s = engine_world_begin(&w, &engine_world_good);
	CU_ASSERT_EQUAL(dns_script_asked(script), 2); /* PTR, and the SPF record */
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("ann@rcpt.example"))->kind, VERDICT_NONE);
	v = session_rcpt(s, VIEW("kim@rcpt.example"));
	CU_ASSERT_PTR_NULL(v);
	while (!v && answered < dns_script_asked(script)) {
		dns_script_answer(script, answered++);
		v = session_resume(s);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CU_ASSERT_EQUAL(v->kind, VERDICT_GREYLIST);
	CU_ASSERT(wakes > 0);
	session_free(s);
	engine_world_close(&w);
}

static void
asks_nobody_without_cause(void)
{
	struct engine_world w;
	struct dns_script *script;
	struct session *s;

	engine_world_open(&w, "rule SCORE when rcpt.local = \"kim\" score 1");
	w.settings.authres = false;
	script = engine_world_script(&w);
	s = engine_world_begin(&w, &engine_world_good);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("kim@rcpt.example"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(dns_script_asked(script), 0);
	session_free(s);
	engine_world_close(&w);
}

/* The DNS does not answer: the decision falls at the deadline, blocking or not. */
static void
does_not_hang(void)
{
	for (int async = 0; async < 2; async++) {
		struct engine_world w;
		const struct verdict *v;
		struct session *s;
		unsigned wakes = 0;

		engine_world_open(&w, rules);
		w.settings.rcpt_wait_ms = 5;
		w.wake = async ? on_wake : NULL;
		w.wake_ctx = &wakes;
		engine_world_script(&w);
		s = engine_world_begin(&w, &engine_world_good);
		v = session_rcpt(s, VIEW("kim@rcpt.example"));
		CU_ASSERT_EQUAL(v == NULL, async);
		while (!v)
			v = session_resume(s);
		CU_ASSERT_EQUAL(v->kind, VERDICT_GREYLIST);
		session_free(s);
		engine_world_close(&w);
	}
}

/* At a time, for a recipient: "451", or "end accept" when it passes. */
static void
attempt(struct engine_world *w, const char *client, const char *to, int64_t now, const char *want)
{
	struct engine_mail m = engine_world_good;
	char what[80];

	m.client = client;
	m.to[0] = to;
	w->settings.now = now;
	snprintf(what, sizeof(what), "%s from %s at %lld", to, client, (long long)now);
	UNIT_CASE(strcmp(engine_world_outcome(w, &m), want) == 0, what);
}

/* A rule's own wait, window and life; nothing waits longer than the cap. */
static void
terms(void)
{
	enum { T = 1795000000, HOUR = 3600 };
	static const char own[] = "rule AA when rcpt.local = \"slow\" greylist 10m\n"
		"rule BB when rcpt.local = \"brief\" greylist window 5m\n"
		"rule CC when rcpt.local = \"life\" greylist 1m window 1h life 2h\n"
		"rule DD when rcpt.local = \"cap\" greylist 1d\n"
		"rule EE when rcpt.local = \"all\" greylist\n";
	static const char host[] = "203.0.113.7"; /* whom nobody answers for: known for each recipient only */
	struct engine_world w;

	engine_world_open(&w, own);
	attempt(&w, host, "slow@rcpt.example", T, "rcpt 451");
	attempt(&w, host, "slow@rcpt.example", T + 300, "rcpt 451"); /* greylist-wait is over */
	attempt(&w, host, "slow@rcpt.example", T + 301, "rcpt 451"); /* and that was no pass */
	attempt(&w, host, "slow@rcpt.example", T + 600, "end accept");
	attempt(&w, host, "brief@rcpt.example", T, "rcpt 451");
	attempt(&w, host, "brief@rcpt.example", T + 301, "rcpt 451"); /* forgotten */
	attempt(&w, host, "brief@rcpt.example", T + 301 + 120, "end accept");
	attempt(&w, host, "life@rcpt.example", T, "rcpt 451");
	attempt(&w, host, "life@rcpt.example", T + 60, "end accept");
	attempt(&w, host, "life@rcpt.example", T + 60 + 2 * HOUR - 1, "end accept");
	attempt(&w, host, "life@rcpt.example", T + 60 + 5 * HOUR, "rcpt 451");
	attempt(&w, host, "cap@rcpt.example", T, "rcpt 451");
	attempt(&w, host, "cap@rcpt.example", T + HOUR - 1, "rcpt 451");
	attempt(&w, "198.18.0.7", "cap@rcpt.example", T + HOUR, "end accept");
	/* An organisation is known for all. */
	attempt(&w, engine_world_good.client, "all@rcpt.example", T, "rcpt 451");
	attempt(&w, engine_world_good.client, "all@rcpt.example", T + 120, "end accept");
	attempt(&w, engine_world_good.client, "slow@rcpt.example", T + 121, "end accept");
	engine_world_close(&w);
}

/* A rule that reads grey.state asks for it before: by the settings, and not by the wait of another rule. */
static void
read_before(void)
{
	enum { T = 1795000000 };
	static const char host[] = "203.0.113.7";
	struct engine_world w;

	engine_world_open(&w, "rule SEEN when grey.state = passed score 1\n"
		"rule AA when rcpt.local = \"slow\" greylist 10m\nrule BB when rcpt.local = \"quick\" greylist 30s\n");
	attempt(&w, host, "slow@rcpt.example", T, "rcpt 451");
	attempt(&w, host, "slow@rcpt.example", T + 300, "rcpt 451");
	attempt(&w, host, "slow@rcpt.example", T + 600, "end accept");
	attempt(&w, host, "quick@rcpt.example", T, "rcpt 451");
	attempt(&w, host, "quick@rcpt.example", T + 29, "rcpt 451");
	attempt(&w, host, "quick@rcpt.example", T + 30, "end accept");
	engine_world_close(&w);
}

/* Without a store nobody waits, and that is counted. */
static void
no_store(void)
{
	struct engine_counters n;
	struct engine_world w;

	engine_world_open(&w, rules);
	store_free(w.store);
	w.store = store_connect("/nonexistent/store.sock", 5);
	engine_world_renew(&w);
	CU_ASSERT_STRING_EQUAL(engine_world_outcome(&w, &engine_world_good), "end accept");
	engine_count(w.engine, &n);
	CU_ASSERT_EQUAL(n.store_passed, 1);
	engine_world_close(&w);
}

/* A window that is shorter than the wait would let nobody through. */
static void
no_way_out(void)
{
	enum { T = 1795000000 };
	struct engine_world w;

	engine_world_open(&w, "rule AA when rcpt.local = \"kim\" greylist 30m");
	w.settings.greylist_window = 600;
	attempt(&w, "203.0.113.7", "kim@rcpt.example", T, "rcpt 451");
	attempt(&w, "203.0.113.7", "kim@rcpt.example", T + 1800, "end accept");
	engine_world_close(&w);
}

static void
reply(void)
{
	struct engine_world w;
	const struct verdict *v;
	struct session *s;

	engine_world_open(&w, rules);
	s = engine_world_begin(&w, &engine_world_good);
	v = session_rcpt(s, VIEW("kim@rcpt.example"));
	CU_ASSERT_EQUAL(v->reply.code, 451);
	UNIT_VIEW(v->reply.enhanced, "4.7.1");
	CU_ASSERT(view_starts_nocase(v->reply.text,
		"greylisted, please try again in 2 minutes: mail of example.com is new here ["));
	session_free(s);
	engine_world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"waits for the organisation", asks_early},
		{"asks nobody without cause", asks_nobody_without_cause},
		{"the time is over", does_not_hang},
		{"wait, window and life of a rule", terms},
		{"grey.state is read before", read_before},
		{"a window within the wait", no_way_out},
		{"no store", no_store},
		{"the reply says why and how long", reply},
	};

	return unit_main("engine/wait", tests, sizeof(tests) / sizeof(*tests));
}
