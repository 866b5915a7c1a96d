/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_smtp_judge -- events and bytes of a dialogue reach the engine as fields and body, however they come.
 */
#include "front/smtp/smtp_judge.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/engine_world.h"
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"
#include "util/limits.h"
#include "util/log.h"

#define TEXT "From: joe@good.example.com\r\nSubject: one\r\n two\r\nX-Last: x\r\n\r\nbody\r\n"

static struct engine_world world;
static struct spool_area *area;
static struct spool *spool;
static struct smtp_judge judge;
static struct smtp_client client;
static struct smtp_seen seen;
static struct session_mail mail;
static unsigned woken;

static void
wake(void *ctx)
{
	(void)ctx;
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
}

static void
begin(const char *rules, bool waits)
{
	const struct spool_options o = {.folder = "/tmp", .memory = 1 << 20, .memory_all = 1 << 24, .max = 1 << 24,
		.max_all = 1 << 24};

	engine_world_open(&world, rules);
	area = spool_area_open(&o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(area);
	spool = spool_new(area, VIEW(""));
	client = (struct smtp_client){.ip = {4, {192, 0, 2, 10}}, .helo = VIEW("mx.good.example.com"), .esmtp = true};
	seen = (struct smtp_seen){.early_talk = false};
	mail = (struct session_mail){.from = VIEW("joe@good.example.com")};
	woken = 0;
	smtp_judge_init(&judge, world.engine, VIEW("main"), waits ? wake : NULL, NULL);
}

static void
end(void)
{
	smtp_judge_done(&judge);
	spool_free(spool);
	spool_area_close(area);
	engine_world_close(&world);
}

static bool
event(enum smtp_event_kind kind)
{
	const struct smtp_event e = {.kind = kind, .client = &client, .seen = &seen, .mail = &mail,
		.rcpt = VIEW("kim@rcpt.example"), .valid = SMTP_VALID_YES, .taken = true};

	return smtp_judge_event(&judge, &e);
}

static enum verdict_kind
kind(void)
{
	return judge.judged.verdict ? judge.judged.verdict->kind : VERDICT_NONE;
}

/* Up to DATA. */
static void
envelope(void)
{
	static const enum smtp_event_kind all[] = {SMTP_EVENT_CONNECT, SMTP_EVENT_HELO, SMTP_EVENT_MAIL, SMTP_EVENT_RCPT,
		SMTP_EVENT_ANSWERED, SMTP_EVENT_DATA};

	for (size_t i = smtp_judge_is_open(&judge) ? 2 : 0; i < sizeof(all) / sizeof(*all); i++) {
		CU_ASSERT_TRUE(event(all[i]));
		CU_ASSERT_EQUAL(kind(), VERDICT_NONE);
	}
}

static const struct smtp_event the_end = {.kind = SMTP_EVENT_END, .client = &client, .seen = &seen, .mail = &mail};

/* The message in pieces of n bytes. */
static void
absorb(struct view text, size_t n)
{
	do {
		struct view part = view_head(text, n);

		text = view_skip(text, n);
		CU_ASSERT_TRUE(smtp_judge_absorb(&judge, spool, part, text.n ? NULL : &the_end));
		CU_ASSERT_EQUAL(judge.absorbed, SMTP_ABSORBED);
		CU_ASSERT_EQUAL(judge.ended, text.n == 0 && !judge.unjudged);
	} while (text.n);
}

static const char *
recorded(const char *fact)
{
	const json_t *v = json_object_get(json_object_get(world.record, "facts"), fact);

	return json_is_string(v) ? json_string_value(v) : json_is_true(v) ? "true" : json_is_false(v) ? "false" : "none";
}

/* ---- the message ---- */

static void
pieces(void)
{
	static const char rules[] = "rule R_A when subject = \"one two\" score 1\n"
				"rule R_B when header(\"x-last\") = \"x\" score 1\n"
				    "rule R_C when msg.size > 10KB score 1\n";
	char kept[sizeof(TEXT)];
	size_t got;

	begin(rules, false);
	for (size_t n = 1; n <= sizeof(TEXT); n++) {
		spool_reset(spool);
		envelope();
		absorb(VIEW(TEXT), n);
		CU_ASSERT_EQUAL(kind(), VERDICT_ACCEPT);
		CU_ASSERT_EQUAL(json_array_size(json_object_get(world.record, "rules")), 2);
		CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(world.record, "facts"), "msg.size")),
			sizeof(TEXT) - 1);
		CU_ASSERT_EQUAL(spool_read(spool, 0, kept, sizeof(kept), &got), SPOOL_OK);
		UNIT_VIEW(view_of(kept, got), TEXT);
		CU_ASSERT_PTR_NOT_NULL(judge.judged.edits);
		UNIT_VIEW(judge.judged.names.verified, "mx.good.example.com");
		CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	}
	CU_ASSERT_EQUAL(world.records, sizeof(TEXT));
	end();
}

static void
odd_messages(void)
{
	static const struct {
		const char *text, *subject;
	} rows[] = {
		{"", "none"},
		{"\r\n", "none"},
		{"\r\nSubject: body\r\n", "none"},
		{"Subject: only\r\n", "only"},
		{"Subject: no end", "no end"},
		{"no field\r\nSubject: body\r\n", "none"},
		{"Subject:\r\n", ""},
	};

	begin("rule R_A when subject = \"x\" score 1\n", false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) * 2; i++) {
		envelope();
		absorb(view_str(rows[i / 2].text), i % 2 ? 1 : 100);
		UNIT_VIEW(view_str(recorded("subject")), rows[i / 2].subject);
		CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	}
	end();
}

static void
long_field(void)
{
	size_t n = HEADER_FIELD_MAX + 100000;
	char *text = malloc(n);

	begin("rule R_A when subject = \"x\" score 1\n", false);
	for (size_t room = 10000; room <= n; room += n - 10000) { /* within the limit, and over it */
		memset(text, 'x', room);
		memcpy(text, "Subject: ", 9);
		memcpy(text + room - 2, "\r\n", 2);
		envelope();
		absorb(view_of(text, room), 16384);
		CU_ASSERT_EQUAL(kind(), room == n ? VERDICT_REJECT : VERDICT_ACCEPT);
		CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	}
	free(text);
	end();
}

/* Fields without number cost no memory, while they come and afterwards. */
static void
many_fields(void)
{
	static const char *const fields[] = {"a:\r\n", "Authentication-Results:a\r\n"};
	enum { ROOM = 1 << 20, BLOCKS = 300 };
	static char block[16000];

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		size_t n = strlen(fields[i]), before;

		for (size_t at = 0; at + n <= sizeof(block); at += n)
			memcpy(block + at, fields[i], n);
		begin("", false);
		envelope();
		before = mallinfo2().uordblks;
		for (int k = 0; k < BLOCKS; k++)
			CU_ASSERT_TRUE(smtp_judge_absorb(&judge, NULL, view_of(block, sizeof(block) / n * n), NULL));
		CU_ASSERT(mallinfo2().uordblks - before < ROOM);
		CU_ASSERT_TRUE(smtp_judge_absorb(&judge, NULL, VIEW("\r\nbody\r\n"), &the_end));
		CU_ASSERT_EQUAL(kind(), VERDICT_REJECT);
		end();
	}
}

/* What an idle client holds of its last message. */
static void
long_field_is_let_go(void)
{
	static char block[16000];
	size_t before;

	memset(block, 'x', sizeof(block));
	begin("", false);
	envelope();
	before = mallinfo2().uordblks;
	absorb(VIEW("A: x"), 10);
	CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	envelope();
	CU_ASSERT_TRUE(smtp_judge_absorb(&judge, NULL, VIEW("A: "), NULL));
	for (int k = 0; k < 10; k++)
		CU_ASSERT_TRUE(smtp_judge_absorb(&judge, NULL, view_of(block, sizeof(block)), NULL));
	CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	CU_ASSERT(mallinfo2().uordblks < before + 10 * sizeof(block));
	end();
}

static void
refused_at_header(void)
{
	begin("rule R_A when subject contains \"two\" reject 550 5.7.1 \"not this\" at header\n", false);
	envelope();
	absorb(VIEW(TEXT), 10);
	CU_ASSERT_EQUAL(kind(), VERDICT_REJECT);
	CU_ASSERT_EQUAL(judge.judged.verdict->reply.code, 550);
	CU_ASSERT_PTR_NULL(judge.judged.edits);
	CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	CU_ASSERT_EQUAL(world.records, 1);
	envelope(); /* and nothing of it is left to the next */
	absorb(VIEW("Subject: fine\r\n\r\n"), 100);
	CU_ASSERT_EQUAL(kind(), VERDICT_ACCEPT);
	end();
}

static void
broken_off(void)
{
	begin("rule R_A when subject contains \"two\" reject\n", false);
	for (size_t n = 0; n < sizeof(TEXT) - 1; n++) {
		spool_reset(spool);
		envelope();
		CU_ASSERT_TRUE(smtp_judge_absorb(&judge, spool, view_head(VIEW(TEXT), n), NULL));
		CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
		envelope();
		absorb(VIEW("Subject: fine\r\n\r\n"), 3);
		CU_ASSERT_EQUAL(kind(), VERDICT_ACCEPT);
		UNIT_VIEW(view_str(recorded("subject")), "fine");
		CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	}
	end();
}

static void
unjudged(void)
{
	begin("rule R_A when subject contains \"two\" reject\n", false);
	envelope();
	judge.unjudged = true;
	absorb(VIEW(TEXT), 7);
	CU_ASSERT_EQUAL(spool_size(spool), sizeof(TEXT) - 1);
	CU_ASSERT_TRUE(event(SMTP_EVENT_OVER));
	CU_ASSERT_EQUAL(world.records, 0);
	end();
}

static void
full(void)
{
	const struct spool_options small = {.folder = "/tmp", .memory = 10, .memory_all = 10, .max = 1000, .max_all = 10};
	struct spool_area *a = spool_area_open(&small);
	struct spool *s = spool_new(a, VIEW(""));
	struct view log;

	begin("rule R_A when subject contains \"two\" reject\n", false);
	envelope();
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_INFO, false);
	log_capture_begin();
	CU_ASSERT_TRUE(smtp_judge_absorb(&judge, s, VIEW(TEXT), &the_end));
	log = log_capture_end();
	CU_ASSERT_TRUE(view_ends_nocase(log, VIEW("event=spool mail is put off: spool-max is reached\n")));
	CU_ASSERT_EQUAL(judge.absorbed, SMTP_ABSORB_FULL);
	CU_ASSERT_FALSE(judge.ended);
	CU_ASSERT_TRUE(smtp_judge_absorb(&judge, NULL, VIEW("Subject: not kept\r\n"), NULL));
	CU_ASSERT_EQUAL(judge.absorbed, SMTP_ABSORBED);
	end();
	spool_free(s);
	spool_area_close(a);
}

/* ---- the dialogue ---- */

static void
observed(void)
{
	begin("rule R_A when client.early-talk score 1\nrule R_B when helo.esmtp score 1\nrule R_C when smtp.junk > 2 score 1\n"
	      "rule R_D when client.connections > 6 score 1\nrule R_E when smtp.bare-newline score 1\n"
	      "rule R_F when auth.failures > 1 score 1\nrule R_G when smtp.pipelining score 1\n"
	      "rule R_H when listener = main score 1\n",
		false);
	seen = (struct smtp_seen){.early_talk = true, .pipelining = true, .bare_newline = true, .junk = 3, .auth_failures = 2};
	judge.connections = 7;
	envelope();
	absorb(VIEW(TEXT), 100);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(world.record, "rules")), 8);
	end();
}

/* What backend and client said counts: a recipient that does not exist, one that was put off, a message that was taken
 * and one that was not. And how long a reply is to wait. */
static void
answers(void)
{
	static const struct { enum smtp_valid valid; int code; } rows[] = {
		{SMTP_VALID_NO, 250}, {SMTP_VALID_UNKNOWN, 451}, {SMTP_VALID_NO, 250}, {SMTP_VALID_NO, 250}};

	begin("rate sent messages by client.ip per 1h\nrule R_A when rcpt.rejected = 1 and rate.sent = 2 score 1 tarpit 7s\n",
		false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct smtp_event e = {.kind = SMTP_EVENT_ANSWERED, .client = &client, .seen = &seen, .mail = &mail,
			.valid = rows[i].valid};

		if (i == 0)
			CU_ASSERT_TRUE(event(SMTP_EVENT_CONNECT) && event(SMTP_EVENT_HELO));
		CU_ASSERT_TRUE(event(SMTP_EVENT_MAIL) && event(SMTP_EVENT_RCPT));
		CU_ASSERT_TRUE(smtp_judge_event(&judge, &e));
		CU_ASSERT_TRUE(event(SMTP_EVENT_RCPT) && event(SMTP_EVENT_ANSWERED) && event(SMTP_EVENT_DATA));
		absorb(VIEW(TEXT), 100);
		CU_ASSERT_EQUAL(judge.judged.tarpit_ms, i == 2 ? 7000 : 0);
		e = (struct smtp_event){.kind = SMTP_EVENT_OVER, .client = &client, .seen = &seen, .code = rows[i].code};
		CU_ASSERT_TRUE(smtp_judge_event(&judge, &e));
	}
	end();
}

/* XCLIENT: another client, and nothing that is known of the one before. */
static void
another_client(void)
{
	char id[32];

	begin("rule R_A scope any when client.ip = 192.0.2.66 reject at connect\n", false);
	CU_ASSERT_FALSE(smtp_judge_is_open(&judge));
	envelope();
	CU_ASSERT_TRUE(smtp_judge_is_open(&judge));
	CU_ASSERT_EQUAL(judge.judged.id.n < sizeof(id), true);
	memcpy(id, judge.judged.id.p, judge.judged.id.n);
	client.ip.b[3] = 66;
	CU_ASSERT_TRUE(event(SMTP_EVENT_CONNECT));
	CU_ASSERT_EQUAL(kind(), VERDICT_REJECT);
	CU_ASSERT_NOT_EQUAL(memcmp(id, judge.judged.id.p, judge.judged.id.n), 0);
	end();
}

/* ---- waiting ---- */

/* Answers all questions that were asked, and those that these lead to. */
static void
answer(struct dns_script *script, size_t *answered)
{
	while (*answered < dns_script_asked(script))
		dns_script_answer(script, (*answered)++);
}

static void
waits(void)
{
	struct dns_script *script;
	size_t answered = 0, rounds = 0;

	begin("rule R_A scope any when client.fcrdns score 1\n"
	      "rule R_B scope any when client.name = other.example reject at connect\n"
	      "dnsbl fb zone bl.example lookup from.domain\n"
	      "rule R_C when not dnsbl.fb reject 550 5.7.1 \"not this\" at header\n", true);
	smtp_judge_done(&judge);
	script = engine_world_script(&world);
	smtp_judge_init(&judge, world.engine, VIEW("main"), wake, NULL);

	CU_ASSERT_FALSE(event(SMTP_EVENT_CONNECT));
	CU_ASSERT_TRUE(smtp_judge_deadline(&judge) < INT64_MAX);
	CU_ASSERT_FALSE(smtp_judge_resume(&judge)); /* a wake for nothing */
	do {
		answer(script, &answered);
		CU_ASSERT_TRUE(rounds++ < 20);
	} while (!smtp_judge_resume(&judge) && rounds < 20);
	CU_ASSERT_TRUE(__atomic_load_n(&woken, __ATOMIC_SEQ_CST) > 0);
	CU_ASSERT_EQUAL(kind(), VERDICT_NONE);

	CU_ASSERT_TRUE(event(SMTP_EVENT_HELO));
	CU_ASSERT_TRUE(event(SMTP_EVENT_MAIL));
	while (!event(SMTP_EVENT_RCPT) && rounds++ < 20)
		answer(script, &answered);
	CU_ASSERT_TRUE(event(SMTP_EVENT_ANSWERED));
	CU_ASSERT_TRUE(event(SMTP_EVENT_DATA));
	CU_ASSERT_FALSE(smtp_judge_absorb(&judge, spool, VIEW(TEXT), &the_end)); /* the header's end waits, the body with it */
	do
		answer(script, &answered);
	while (!smtp_judge_resume(&judge) && rounds++ < 20);
	CU_ASSERT_EQUAL(judge.absorbed, SMTP_ABSORBED);
	CU_ASSERT_EQUAL(spool_size(spool), sizeof(TEXT) - 1);
	CU_ASSERT_TRUE(judge.ended);
	CU_ASSERT_EQUAL(kind(), VERDICT_REJECT);
	end();
}

/* What is done on a loop must not wait: what a rule decides at, and what is put on record, is none of it. */
static void
light(void)
{
	struct smtp_event e = the_end;

	begin("rule R_A when mail.local = \"x\" reject at mail\n"
	      "rule R_B when body contains \"x\" reject\n", false);
	e.kind = SMTP_EVENT_CONNECT;
	CU_ASSERT_FALSE(smtp_judge_is_light(&judge, &e));
	envelope();
	e.kind = SMTP_EVENT_DATA;
	CU_ASSERT_TRUE(smtp_judge_is_light(&judge, &e));
	e.kind = SMTP_EVENT_MAIL;
	CU_ASSERT_FALSE(smtp_judge_is_light(&judge, &e));
	e.kind = SMTP_EVENT_RCPT;
	CU_ASSERT_FALSE(smtp_judge_is_light(&judge, &e));
	CU_ASSERT_FALSE(smtp_judge_absorbs_lightly(&judge, NULL));
	judge.unjudged = true;
	CU_ASSERT_TRUE(smtp_judge_absorbs_lightly(&judge, &the_end));
	end();
	begin("rate sent messages by client.ip per 1h\nrule MANY when rate.sent > 9 score 1\n", false);
	envelope();
	e = (struct smtp_event){.kind = SMTP_EVENT_OVER, .client = e.client, .code = 451};
	CU_ASSERT_TRUE(smtp_judge_is_light(&judge, &e));
	e.code = 250; /* it is counted by the store */
	CU_ASSERT_FALSE(smtp_judge_is_light(&judge, &e));
	end();
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"a message in pieces", pieces},
		{"messages without header, body or end", odd_messages},
		{"a field over the limit", long_field},
		{"fields without number", many_fields},
		{"a long field is let go", long_field_is_let_go},
		{"a refusal at the header", refused_at_header},
		{"broken off anywhere", broken_off},
		{"unjudged", unjudged},
		{"a spool that is full", full},
		{"what the dialogue showed", observed},
		{"what was answered", answers},
		{"another client", another_client},
		{"waits for answers", waits},
		{"what takes no time", light},
	};

	return unit_main("front/smtp/smtp_judge", tests, sizeof(tests) / sizeof(*tests));
}
