/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose mail was accepted, through the whole engine: what makes an organisation known, and what does not.
 */
#include "engine/newcomer.h"

#include "engine/light.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

static const char rules[] = "threshold tag 5\n"
	"rule NEW when client.ip in {0.0.0.0/0} greylist\n"
	"rule BAD when header(\"X-Test\") = \"bad\" reject 550 5.7.1 \"no\"\n"
	"rule LATER when header(\"X-Test\") = \"later\" defer 450 4.7.1 \"not now\"\n"
	"rule SPAM when header(\"X-Test\") = \"spam\" score 6\n"
	"rule HELD when header(\"X-Test\") = \"held\" quarantine\n"
	"rule GONE when header(\"X-Test\") = \"gone\" discard\n"
	"rule LAX when header(\"X-Test\") = \"strict\" and rcpt.local = \"strict\" reject\n"
	"policy pilot for rcpt.local = \"pilot\" at-most greylist\n"
	"policy free for rcpt.local = \"free\" at-most accept\n"
	"rule PASSED when grey.state = passed score 0.01\n"; /* asks the greylist for whoever is never put off, too */
static const int64_t start = 1795000000;
enum { WAIT = 120 };

/* What becomes of a message of this sender, at this many seconds. */
static const char *
outcome(struct engine_world *w, const char *from, const char *header, const char *to, int64_t at)
{
	struct engine_mail m = engine_world_good;

	m.from = from;
	m.header = header;
	m.to[0] = to;
	w->settings.now = start + at;
	return engine_world_outcome(w, &m);
}

static bool
is_known(struct engine_world *w, int64_t at)
{
	char from[40];

	snprintf(from, sizeof(from), "at%c@good.example.com", 'a' + (int)(at % 26)); /* nobody has seen him */
	return strcmp(outcome(w, from, "X-Test: good", "new@rcpt.example", at), "end accept") == 0;
}

static const struct {
	const char *header, *to, *outcome;
	bool dry, known;
} rows[] = {
	{"X-Test: good", "kim@rcpt.example", "end accept", false, true},
	{"X-Test: bad", "kim@rcpt.example", "end reject", false, false},
	{"X-Test: later", "kim@rcpt.example", "end defer", false, false},
	{"X-Test: spam", "kim@rcpt.example", "end accept tagged", false, false},
	{"X-Test: held", "kim@rcpt.example", "end quarantine", false, false},
	{"X-Test: gone", "kim@rcpt.example", "end discard", false, false},
	{"X-Test: bad", "pilot@rcpt.example", "end accept tagged", false, false}, /* spared */
	{"X-Test: bad", "free@rcpt.example", "end accept", false, false}, /* likewise, unmarked */
	{"X-Test: good", "kim@rcpt.example", "end accept", true, true},
	{"X-Test: bad", "kim@rcpt.example", "end accept", true, false},
};

/* The retry passes whatever it contains, and again; a message that is accepted later still counts. */
static void
contents(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *from = "joe@good.example.com", *name;
		struct engine_world w;

		engine_world_open(&w, rules);
		w.settings.dry_run = rows[i].dry;
		name = arena_printf(w.arena, "row %zu: %s", i, rows[i].header).p;
		outcome(&w, from, "X-Test: good", rows[i].to, 0);
		UNIT_CASE(strcmp(outcome(&w, from, rows[i].header, rows[i].to, WAIT), rows[i].outcome) == 0, name);
		w.settings.dry_run = false;
		UNIT_CASE(is_known(&w, WAIT + 1) == rows[i].known, name);
		UNIT_CASE(strcmp(outcome(&w, from, rows[i].header, rows[i].to, WAIT + 2),
			rows[i].dry && !rows[i].known ? "end reject" : rows[i].outcome) == 0, name);
		UNIT_CASE(is_known(&w, WAIT + 3) == rows[i].known, name);
		UNIT_CASE(strcmp(outcome(&w, from, "X-Test: good", rows[i].to, WAIT + 4), "end accept") == 0, name);
		UNIT_CASE(is_known(&w, WAIT + 5), name);
		engine_world_close(&w);
	}
}

static struct session *
begin(struct engine_world *w, bool backend, const char *const *to, size_t n, int64_t at)
{
	const struct session_client c = {.ip = {4, {192, 0, 2, 10}}, .asks_backend = backend};
	struct session *s = session_new(w->engine, &c);

	w->settings.now = start + at;
	session_connect(s);
	session_helo(s, VIEW("mx.good.example.com"));
	session_mail(s, &(struct session_mail){.from = VIEW("<joe@good.example.com>")});
	for (size_t i = 0; i < n; i++) {
		session_rcpt(s, view_str(to[i]));
		session_rcpt_answered(s, RCPT_TAKEN);
	}
	return s;
}

/* One recipient is enough for whom it is welcome, wherever he stands; one who came later than the others waits. */
static void
recipients(void)
{
	static const char *const to[] = {"strict@rcpt.example", "kim@rcpt.example", "ann@rcpt.example"};
	struct engine_mail m = engine_world_good;

	m.header = "X-Test: strict";
	for (size_t n = 1; n <= 3; n++) {
		struct engine_world w;
		struct session *s;
		const struct edits *e;

		engine_world_open(&w, rules);
		session_free(begin(&w, false, to, n < 2 ? n : 2, 0));
		s = begin(&w, false, to, n, WAIT);
		CU_ASSERT_EQUAL(engine_world_content(s, &m, &e)->kind, n < 2 ? VERDICT_REJECT : VERDICT_ACCEPT);
		session_free(s);
		CU_ASSERT_EQUAL(is_known(&w, WAIT + 1), n >= 2);
		engine_world_close(&w);
	}
}

/* In front of a backend only what the client was told 250 for; that is written where the store may be waited for. */
static void
backend(void)
{
	static const char *const to[] = {"kim@rcpt.example"};
	struct engine_mail m = engine_world_good;
	struct engine_world w;
	struct session *s;
	const struct edits *e;

	engine_world_open(&w, rules);
	s = begin(&w, true, to, 1, 0);
	CU_ASSERT_TRUE(light_accepted(s));
	session_free(s);
	for (int i = 0; i < 4; i++) {
		s = begin(&w, true, to, 1, WAIT + 2 * i);
		m.header = i == 0 ? "X-Test: bad" : "X-Test: good";
		engine_world_content(s, &m, &e);
		/* known by the third: nothing is left to be written */
		CU_ASSERT_EQUAL(light_accepted(s), i == 0 || i == 3);
		if (i == 2)
			session_accepted(s);
		session_free(s);
		CU_ASSERT_EQUAL(is_known(&w, WAIT + 2 * i + 1), i >= 2);
	}
	engine_world_close(&w);
}

/* Together with what rates count: no round trip more. A network is nobody. */
static void
by_the_way(void)
{
	static const char *const to[] = {"kim@rcpt.example"};
	struct engine_mail m = engine_world_good;
	struct engine_world w;
	struct session *s;
	const struct edits *e;
	const struct store_request *q;

	engine_world_open(&w, rules);
	session_free(begin(&w, true, to, 1, 0));
	s = begin(&w, true, to, 1, WAIT);
	m.header = "X-Test: good";
	engine_world_content(s, &m, &e);
	q = newcomer_request(s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(q);
	CU_ASSERT_EQUAL(q->op, STORE_PUT);
	UNIT_VIEW(q->key, "oexample.com");
	CU_ASSERT_EQUAL(q->expires, start + WAIT + w.settings.greylist_life);
	session_abort(s);
	CU_ASSERT_PTR_NULL(newcomer_request(s));
	session_free(s);
	m.client = "203.0.113.9";
	m.helo = "host.example";
	m.from = "joe@nobody.example";
	for (int i = 0; i < 2; i++) {
		w.settings.now = start + i * WAIT;
		s = engine_world_begin(&w, &m);
		CU_ASSERT_EQUAL(session_rcpt(s, view_str(to[0]))->kind, i ? VERDICT_NONE : VERDICT_GREYLIST);
		if (i)
			engine_world_content(s, &m, &e);
		CU_ASSERT_PTR_NULL(newcomer_request(s));
		session_free(s);
	}
	engine_world_close(&w);
}

static const struct unit_test tests[] = {
	{"by what became of the message", contents},
	{"of several recipients", recipients},
	{"in front of a backend", backend},
	{"what is written, and for whom", by_the_way},
};

int
main(void)
{
	return unit_main("engine/newcomer", tests, sizeof(tests) / sizeof(*tests));
}
