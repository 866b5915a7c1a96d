/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which events are light, under which rules: what is not must go where it may take long.
 */
#include "engine/light.h"

#include <stdio.h>

#include "engine/state.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

static void
open_world(struct engine_world *w, const char *rules, bool recorded)
{
	engine_world_open(w, rules);
	w->settings.authres = false;
	engine_world_renew(w);
	if (!recorded)
		w->engine->o.sink = NULL;
}

/* One message of two recipients; a letter for each event that is light, a dot for those that are not. */
static void
dialogue(struct engine_world *w, char out[static 20])
{
	struct session_client c = {.listener = VIEW("test")};
	struct session_mail mail = {.from = VIEW("joe@good.example.com")};
	struct session *s;
	size_t n = 0;

	CU_ASSERT_TRUE(ip_parse(VIEW("192.0.2.10"), &c.ip));
	s = session_new(w->engine, &c);
	out[n++] = light_until_mail(w->engine) ? 'u' : '.';
	out[n++] = light_event(s, STAGE_HELO) ? 'h' : '.';
	session_helo(s, VIEW("mx.good.example.com"));
	out[n++] = light_event(s, STAGE_MAIL) ? 'm' : '.';
	session_mail(s, &mail);
	for (int i = 0; i < 2; i++) {
		out[n++] = light_event(s, STAGE_RCPT) ? 'r' : '.';
		session_rcpt(s, i ? VIEW("kim@rcpt.example") : VIEW("no@rcpt.example"));
	}
	out[n++] = light_rcpt_answered(s) ? 'a' : '.';
	session_rcpt_answered(s, RCPT_TAKEN);
	out[n++] = light_event(s, STAGE_DATA) ? 'd' : '.';
	session_data(s);
	out[n++] = light_event(s, STAGE_HEADER) ? 'b' : '.';
	session_header(s, VIEW("From"), VIEW(" joe@good.example.com"));
	session_eoh(s);
	session_body(s, VIEW("text\r\n"));
	out[n++] = light_event(s, STAGE_END) ? 'e' : '.';
	session_end(s, VIEW("Q"));
	out[n++] = light_abort(s) ? 'x' : '.';
	out[n] = 0;
	session_free(s);
}

static void
by_what_is_asked(void)
{
	static const struct {
		const char *rules;
		bool recorded;
		const char *want;
	} rows[] = {
		{"", false, "uhmrradbex"},
		{"", true, "uhmrradb.x"}, /* the record is written */
		{"rule TWO when rcpt.count > 1 score 1", false, "uhm..adb.x"},
		{"rule SOME when listener = other reject at helo scope any", false, "..m..adb.x"},
		{"rule SOME when listener = other reject at mail scope any", false, "uh...adb.x"},
		{"rule SOME when listener = other reject at data scope any", false, "uhm..a.b.x"},
		{"rule SOME when listener = other reject at header scope any", false, "uhm..ad..x"},
		{"rule NAMED when client.ptr is missing score 1", false, "..m..adb.x"},
		{"rule OURS when helo.ours score 1", false, "..m..adb.x"},
		{"rule SENT when mail.resolves score 1", false, "uh...adb.x"},
		{"rule SUBJECT when subject = \"x\" score 1", false, "uhm..ad..x"},
		{"rule SIZE when msg.size > 1KB score 1", false, "uhm..adb.x"},
		{"rule VALID when rcpt.valid score 1", false, "uhm...db.x"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_world w;
		char got[20];

		open_world(&w, rows[i].rules, rows[i].recorded);
		dialogue(&w, got);
		if (strcmp(got, rows[i].want) != 0)
			printf("%s: %s, not %s\n", rows[i].rules, got, rows[i].want);
		CU_ASSERT_STRING_EQUAL(got, rows[i].want);
		engine_world_close(&w);
	}
}

/* The memory of what was accepted is written in the pool: of whom our users write to, and of an account. */
static void
what_is_remembered(void)
{
	static const struct {
		const char *auth;
		bool secret, alarm, want;
	} rows[] = {{NULL, false, false, true}, {NULL, true, true, true}, {"kim", false, false, true},
		{"kim", true, false, false}, {"kim", false, true, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_mail m = engine_world_good;
		struct engine_world w;
		struct session *s;

		open_world(&w, "", false);
		w.settings.known_secret = rows[i].secret ? VIEW("a secret") : (struct view){NULL, 0};
		w.settings.known_life = 1000;
		w.settings.alarm_recipients = rows[i].alarm ? 10 : 0;
		m.auth = rows[i].auth;
		s = engine_world_begin(&w, &m);
		session_rcpt(s, VIEW("<kim@rcpt.example>"));
		UNIT_CASE(light_accepted(s) == rows[i].want, arena_printf(w.arena, "row %zu", i).p);
		session_free(s);
		engine_world_close(&w);
	}
}

/* A refusal before RCPT is put on record when the transaction is over. */
static void
an_end_that_is_recorded(void)
{
	struct engine_world w;
	struct session *s;

	open_world(&w, "rule RM when mail.local = joe reject at mail", true);
	s = engine_world_begin(&w, &engine_world_good);
	CU_ASSERT_FALSE(light_abort(s));
	CU_ASSERT_FALSE(light_event(s, STAGE_MAIL)); /* which would end it */
	session_abort(s);
	CU_ASSERT_TRUE(light_abort(s));
	session_free(s);
	CU_ASSERT_EQUAL(w.records, 1);
	engine_world_close(&w);
}

static void
nothing_to_wake(void *ctx)
{
}

/* While answers are on their way, or have just come, DATA has something to do. */
static void
answers_on_their_way(void)
{
	struct engine_world w;
	struct dns_script *script;
	struct session *s;

	open_world(&w, "rule NAMED when client.ptr is missing score 1", true);
	w.wake = nothing_to_wake;
	script = engine_world_script(&w);
	s = engine_world_begin(&w, &engine_world_good);
	CU_ASSERT_FALSE(light_event(s, STAGE_DATA));
	for (size_t i = 0; i < dns_script_asked(script); i++)
		dns_script_answer(script, i);
	CU_ASSERT_FALSE(light_event(s, STAGE_DATA));
	session_data(s);
	CU_ASSERT_TRUE(light_event(s, STAGE_DATA));
	session_free(s);
	engine_world_close(&w);
}

/* What a backend refused, and what was acknowledged, is counted by the store. */
static void
counted_rates(void)
{
	static const char *const rules[] = {"rule SMALL when mail.size > 25MB score 1",
		"rate no rejects by client.ip per 1h\nrule GUESS when rate.no > 5 score 1"};

	for (size_t i = 0; i < 2; i++) {
		struct engine_world w;
		struct session *s;

		open_world(&w, rules[i], true);
		s = engine_world_begin(&w, &engine_world_good);
		CU_ASSERT_EQUAL(light_rcpt_answered(s), i == 0);
		CU_ASSERT_EQUAL(light_accepted(s), i == 0);
		session_free(s);
		engine_world_close(&w);
	}
}

/* A threshold alone may ask the store for the recipient. */
static void
greylisted_recipients(void)
{
	static const char *const rules[] = {"threshold tag 6", "threshold greylist 0"};

	for (int i = 0; i < 2; i++) {
		struct engine_world w;
		struct session *s;

		open_world(&w, rules[i], true);
		w.settings.authres = false;
		engine_world_renew(&w);
		s = engine_world_begin(&w, &engine_world_good);
		session_rcpt(s, VIEW("<kim@rcpt.example>")); /* now it is known who answers for the client */
		CU_ASSERT_EQUAL(light_event(s, STAGE_RCPT), i == 0);
		session_free(s);
		engine_world_close(&w);
	}
}

/* What goes out is, where correspondents are remembered. */
static void
remembered_correspondents(void)
{
	for (int secret = 0; secret < 2; secret++) {
		for (int out = 0; out < 2; out++) {
			struct engine_world w;
			struct engine_mail m = engine_world_good;
			struct session *s;

			open_world(&w, "rule SMALL when mail.size > 25MB score 1", true);
			w.settings.known_secret = secret ? VIEW("a secret") : (struct view){NULL, 0};
			w.settings.known_life = 1000;
			m.auth = out ? "kim" : NULL;
			s = engine_world_begin(&w, &m);
			CU_ASSERT_EQUAL(light_accepted(s), !(secret && out));
			CU_ASSERT_TRUE(light_rcpt_answered(s));
			session_free(s);
			engine_world_close(&w);
		}
	}
}

static const struct unit_test tests[] = {
	{"by what rules and settings ask", by_what_is_asked},
	{"an end that is recorded is not", an_end_that_is_recorded},
	{"nor what rates count", counted_rates},
	{"nor what is remembered", what_is_remembered},
	{"nor a recipient who may be greylisted", greylisted_recipients},
	{"nor mail to correspondents", remembered_correspondents},
	{"nor DATA while answers are on their way", answers_on_their_way},
};

int
main(void)
{
	return unit_main("engine/light", tests, sizeof(tests) / sizeof(*tests));
}
