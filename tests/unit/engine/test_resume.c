/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sessions that must not block: every event that would wait says so, and session_resume ends it with the
 * verdict that a blocking session gives.
 */
#include <stdio.h>

#include "engine/session.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

static const char rules[] = "dnsbl bl zone bl.example lookup client.ip\n"
	"rule LISTED when dnsbl.bl score 3\n"
	"rule SPF_PASS when spf = pass score -1\n"
	"rule NO when rcpt.local = \"no\" and dnsbl.bl reject\n"
	"rule LATE when header(\"subject\") = \"stop\" and spf = pass reject at header\n"
	"rule NO_PTR when client.ptr is missing score 1\n";

struct async {
	struct engine_world w;
	struct dns_script *script;
	size_t answered;
	unsigned wakes, waits;
};

static void
on_wake(void *ctx)
{
	struct async *a = ctx;

	a->wakes++;
}

static void
open_world(struct async *a)
{
	*a = (struct async){.answered = 0};
	engine_world_open(&a->w, rules);
	a->w.wake = on_wake;
	a->w.wake_ctx = a;
	a->script = engine_world_script(&a->w);
}

/* The end of an event: answers come one by one, and each wakes. */
static const struct verdict *
settle(struct async *a, struct session *s, const struct verdict *v)
{
	while (!v) {
		unsigned before = a->wakes;

		a->waits++;
		CU_ASSERT_FATAL(a->answered < dns_script_asked(a->script));
		CU_ASSERT(session_deadline(s) > clock_mono_ms());
		dns_script_answer(a->script, a->answered++);
		CU_ASSERT_EQUAL(a->wakes, before + 1);
		v = session_resume(s);
	}
	CU_ASSERT_PTR_NULL(session_resume(s)); /* nothing is left to go on with */
	return v;
}

static const struct engine_mail listed = {"192.0.2.66", "mx.good.example.com", "joe@good.example.com",
	{"kim@rcpt.example", "no@rcpt.example", "ann@rcpt.example"}, NULL, "From: joe@good.example.com"};

/* The dialogue's verdicts as one text. */
static void
dialogue(struct async *a, const struct engine_mail *m, const char *subject, char *out, size_t n)
{
	struct session *s = engine_world_begin(&a->w, m);
	size_t at = 0;
	const struct verdict *v;

	for (size_t i = 0; i < 4 && m->to[i]; i++) {
		v = settle(a, s, session_rcpt(s, view_str(m->to[i])));
		at += (size_t)snprintf(out + at, n - at, "%s ", verdict_name(v->kind));
	}
	settle(a, s, session_data(s));
	session_header(s, VIEW("Subject"), view_str(subject));
	v = settle(a, s, session_eoh(s));
	at += (size_t)snprintf(out + at, n - at, "%s ", verdict_name(v->kind));
	session_body(s, VIEW("text\r\n"));
	v = settle(a, s, session_end(s, VIEW("Q")));
	snprintf(out + at, n - at, "%s %s", verdict_name(v->kind),
		json_string_value(json_object_get(a->w.record, "verdict")));
	session_free(s);
}

static void
same_verdicts(void)
{
	static const struct {
		const struct engine_mail *mail;
		const char *subject, *want;
	} rows[] = {
		{&listed, " x", "none reject none none accept accept"},
		{&engine_world_good, " x", "none none accept accept"},
		{&engine_world_good, " stop", "none reject reject reject"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct async a;
		char late[100], blocking[100];

		open_world(&a);
		dialogue(&a, rows[i].mail, rows[i].subject, late, sizeof(late));
		CU_ASSERT(a.waits > 0);
		CU_ASSERT_STRING_EQUAL(late, rows[i].want);
		CU_ASSERT_STRING_EQUAL(late, rows[i].want);
		engine_world_close(&a.w);
		open_world(&a);
		a.w.wake = NULL;
		engine_world_more(&a.w, "");
		dialogue(&a, rows[i].mail, rows[i].subject, blocking, sizeof(blocking));
		CU_ASSERT_EQUAL(a.waits, 0);
		CU_ASSERT_STRING_EQUAL(blocking, rows[i].want);
		engine_world_close(&a.w);
	}
}

/* What never comes is unknown when the time is over, and the event ends. */
static void
deadlines(void)
{
	struct async a;
	struct session *s;
	const struct verdict *v;
	const struct edits *e;

	open_world(&a);
	a.w.settings.rcpt_wait_ms = a.w.settings.end_wait_ms = 5;
	s = engine_world_begin(&a.w, &listed);
	v = session_rcpt(s, VIEW("kim@rcpt.example"));
	CU_ASSERT_PTR_NULL(v);
	CU_ASSERT(session_deadline(s) <= clock_mono_ms() + 5);
	while (!v)
		v = session_resume(s);
	CU_ASSERT(clock_mono_ms() >= session_deadline(s));
	CU_ASSERT_EQUAL(v->kind, VERDICT_NONE);
	v = engine_world_content(s, &listed, &e);
	while (!v)
		v = session_resume(s);
	CU_ASSERT_EQUAL(v->kind, VERDICT_ACCEPT);
	CU_ASSERT(json_array_size(json_object_get(a.w.record, "unknown")) > 0);
	session_free(s);
	engine_world_close(&a.w);
}

/* What the backend says of a recipient is a fact, and may change the verdict; those not taken are none. */
static void
backend_answers(void)
{
	static const struct check_seen seen = {.junk = 2};
	struct engine_world w;
	struct engine_mail m = engine_world_good;
	struct session_client c = {.listener = VIEW("test"), .asks_backend = true};
	struct session_mail sm = {.from = VIEW("joe@good.example.com")};
	const struct edits *e;
	struct session *s;

	CU_ASSERT_TRUE(ip_parse(VIEW("192.0.2.10"), &c.ip));
	engine_world_open(&w, "rule BOTH when rcpt.valid and rcpt.local = \"trap\" reject 550 5.7.1 \"no\"\n"
		"rule INVALID when not rcpt.valid score 7\nrule GONE when rcpt.rejected >= 2 score 1\n"
		"rule JUNK when smtp.junk = 2 score 2");
	s = session_new(w.engine, &c);
	session_seen(s, &seen);
	session_helo(s, VIEW("mx.good.example.com"));
	session_mail(s, &sm);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("trap@rcpt.example"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt_answered(s, RCPT_TAKEN)->kind, VERDICT_REJECT);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("none@rcpt.example"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt_answered(s, RCPT_REFUSED)->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("full@rcpt.example"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt_answered(s, RCPT_PUT_OFF)->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("kim@rcpt.example"))->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt_answered(s, RCPT_TAKEN)->kind, VERDICT_NONE);
	CU_ASSERT_EQUAL(session_rcpt_answered(s, RCPT_REFUSED)->kind, VERDICT_NONE); /* it is settled */
	CU_ASSERT_EQUAL(engine_world_content(s, &m, &e)->kind, VERDICT_ACCEPT);
	CU_ASSERT_EQUAL_FATAL(e->n_drop, 1); /* the backend has it still */
	UNIT_VIEW(e->drop_rcpt[0], "trap@rcpt.example");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(w.record, "to")), 1);
	CU_ASSERT_EQUAL(json_number_value(json_object_get(w.record, "score")), 3);
	session_free(s);
	engine_world_close(&w);
}

/* The client goes while an event waits: nothing is left to resume, and the next mail is judged anew. */
static void
aborts(void)
{
	struct async a;
	struct session_mail m = {.from = VIEW("joe@good.example.com")};
	struct session *s;

	open_world(&a);
	s = engine_world_begin(&a.w, &listed);
	CU_ASSERT_PTR_NULL(session_rcpt(s, VIEW("kim@rcpt.example")));
	session_abort(s);
	CU_ASSERT_PTR_NULL(session_resume(s));
	session_mail(s, &m);
	CU_ASSERT_EQUAL(settle(&a, s, session_rcpt(s, VIEW("no@rcpt.example")))->kind, VERDICT_REJECT);
	session_free(s);
	CU_ASSERT_EQUAL(a.w.records, 1);
	engine_world_close(&a.w);
}

/* The longest counts; a rule that acts at a stage is heard there though it refuses nothing. */
static void
tarpits(void)
{
	struct engine_world w;
	struct session *s;
	const struct edits *e;

	engine_world_open(&w, "rule SLOW when rcpt.local = slow tarpit 7s\nrule SLOWER when rcpt.count >= 2 tarpit 9s\n"
		"rule EARLY when mail.null tarpit 3s at mail");
	s = engine_world_begin(&w, &engine_world_good);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("kim@rcpt.example"))->tarpit, 0);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("slow@rcpt.example"))->tarpit, 9);
	CU_ASSERT_EQUAL(engine_world_content(s, &engine_world_good, &e)->tarpit, 9);
	session_abort(s);
	CU_ASSERT_EQUAL(session_mail(s, &(struct session_mail){.from = VIEW("<>")})->tarpit, 3);
	session_free(s);
	w.settings.dry_run = true;
	s = engine_world_begin(&w, &engine_world_good);
	CU_ASSERT_EQUAL(session_rcpt(s, VIEW("slow@rcpt.example"))->tarpit, 0);
	session_free(s);
	engine_world_close(&w);
}

static bool
same(struct view got, const char *want)
{
	return want ? view_eq_str(got, want) : !got.p;
}

/* What a backend is to hear of the client's names: RCPT waits for it though no rule does. */
static void
names(void)
{
	static const char more[] = "20.2.0.192.in-addr.arpa. PTR liar.example.\n"
		"30.2.0.192.in-addr.arpa. PTR shaky.example.\n$FAIL shaky.example. servfail\n"
		"$FAIL 40.2.0.192.in-addr.arpa. servfail\n50.2.0.192.in-addr.arpa. PTR twice.example.\n"
		"50.2.0.192.in-addr.arpa. PTR 50.example.\n50.example. A 192.0.2.50\n";
	static const struct {
		const char *client, *verified, *claimed;
		bool unsure;
	} rows[] = {
		{"192.0.2.10", "mx.good.example.com", "mx.good.example.com", false},
		{"192.0.2.20", NULL, "liar.example", false},
		{"192.0.2.30", NULL, "shaky.example", true},
		{"192.0.2.40", NULL, NULL, true},
		{"192.0.2.50", "50.example", "twice.example", false},
		{"192.0.2.99", NULL, NULL, false},
		{"198.51.100.25", NULL, NULL, true}, /* a trusted relay: not looked up */
		{NULL, NULL, NULL, false},
	};
	struct engine_world w;

	engine_world_open(&w, "rule NEVER when client.ptr = \"x.example\" and mail.null score 1");
	w.settings.authres = false;
	w.hands_names = true;
	engine_world_more(&w, more);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct engine_mail m = engine_world_good;
		struct session_names n;
		struct session *s;

		m.client = rows[i].client;
		s = engine_world_begin(&w, &m);
		session_rcpt(s, VIEW("kim@rcpt.example"));
		n = session_names(s);
		UNIT_CASE(same(n.verified, rows[i].verified) && same(n.claimed, rows[i].claimed) &&
			n.unsure == rows[i].unsure, rows[i].client ? rows[i].client : "none");
		session_free(s);
	}
	engine_world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"late answers, the same verdicts", same_verdicts},
		{"the time is over", deadlines},
		{"what the backend says of recipients", backend_answers},
		{"holds clients in the tarpit", tarpits},
		{"names for a backend", names},
		{"an event that waits is broken off", aborts},
	};

	return unit_main("engine/resume", tests, sizeof(tests) / sizeof(*tests));
}
