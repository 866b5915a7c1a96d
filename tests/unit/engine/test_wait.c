/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Greylisting as an action: it waits for who the client is, and for nothing else.
 */
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

int
main(void)
{
	static const struct unit_test tests[] = {
		{"waits for the organisation", asks_early},
		{"asks nobody without cause", asks_nobody_without_cause},
		{"the time is over", does_not_hang},
	};

	return unit_main("engine/wait", tests, sizeof(tests) / sizeof(*tests));
}
