/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The `test` statements of a rule set, run by the engine.
 */
#include "engine/rehearsal.h"

#include <stdio.h>
#include <unistd.h>

#include "checks/checks.h"
#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

/* What the last test made of it, as text. */
struct seen {
	struct arena *arena;
	struct view got, missed;
	uint32_t line;
};

static void
see(void *ctx, const struct rehearsal_result *r)
{
	struct seen *s = ctx;

	s->got = arena_copy(s->arena, rehearsal_got(r, s->arena));
	s->missed = VIEW("");
	for (size_t i = 0; i < r->n_missed; i++)
		s->missed = arena_printf(s->arena, "%.*s%s%.*s", VIEW_ARG(s->missed), i ? ", " : "",
			VIEW_ARG(rehearsal_expected(r->missed[i], s->arena)));
	s->line = r->n_missed ? r->missed[0]->line : 0;
}

static struct rehearsal_sum
run(struct engine_world *w, struct seen *s)
{
	const struct rehearsal r = {.settings = &w->settings, .checks = checks_all, .program = w->program,
		.facts = w->facts};

	*s = (struct seen){.arena = w->arena};
	return rehearsal_run(&r, see, s);
}

static void
run_text(const char *rules, const char *test, struct engine_world *w, struct seen *s)
{
	char text[4000];

	snprintf(text, sizeof(text), "%s\ntest \"t\" %s\n", rules, test);
	engine_world_open(w, text);
	CU_ASSERT_EQUAL(run(w, s).run, 1);
}

/* ---- facts ---- */

static const char bl[] = "dnsbl bl zone bl.example lookup client.ip\n"
	"    code two 127.0.0.2 code four 127.0.0.4-7 code bits bit 32 error 127.0.0.250\n"
	"rule ANY  when dnsbl.bl\nrule TWO  when dnsbl.bl.two\nrule FOUR when dnsbl.bl.four\n"
	"rule BITS when dnsbl.bl.bits\n";
static const char parts[] = "rule AA when mail.domain = a.example\nrule BB when mail.local = \"joe\"\n"
	"rule CC when mail.null\nrule DD when rcpt.domain = b.example and any rcpts.domain = b.example\n"
	"rule EE when rcpt.local = \"kim\" and any rcpts.address = kim@b.example and rcpt.count = 1\n"
	"rule FF when from.domain = c.example\nrule GG when client.fcrdns\n";
static const char ways[] = "rule IN when client.ip is missing or client.ip is present\n"
	"rule OUT scope outbound when client.ip is missing or client.ip is present\n";

static void
facts(void)
{
	static const struct {
		const char *rules, *test, *got;
	} cases[] = {
		{"rule MM when spf is missing and helo.name is missing and not dnsbl.bl\n"
		 "dnsbl bl zone bl.example lookup client.ip", "expect MM", "accept at end, score 0.00, fired MM"},
		{bl, "given dnsbl.bl 127.0.0.2", "accept at end, score 0.00, fired ANY TWO"},
		{bl, "given dnsbl.bl { 127.0.0.2 127.0.0.5 }", "accept at end, score 0.00, fired ANY FOUR TWO"},
		{bl, "given dnsbl.bl 127.0.0.32", "accept at end, score 0.00, fired ANY BITS"},
		{bl, "given dnsbl.bl 127.0.0.9", "accept at end, score 0.00"},
		{bl, "given dnsbl.bl 127.255.255.254", "accept at end, score 0.00, unknown ANY BITS FOUR TWO"},
		{bl, "given dnsbl.bl { 127.0.0.2 127.0.0.250 }",
			"accept at end, score 0.00, unknown ANY BITS FOUR TWO"},
		{bl, "given dnsbl.bl unknown", "accept at end, score 0.00, unknown ANY BITS FOUR TWO"},
		{bl, "given dnsbl.bl missing", "accept at end, score 0.00"},
		{bl, "given dnsbl.bl 127.0.0.2, dnsbl.bl.four", "accept at end, score 0.00, fired ANY FOUR TWO"},
		{bl, "given dnsbl.bl.four", "accept at end, score 0.00, fired ANY FOUR"},
		{parts, "given mail.from jim@A.example", "accept at end, score 0.00, fired AA"},
		{parts, "given mail.from joe@a.example", "accept at end, score 0.00, fired AA BB"},
		{parts, "given mail.from joe@a.example, mail.domain z.example, mail.null",
			"accept at end, score 0.00, fired BB CC"},
		{parts, "given mail.from unknown", "accept at end, score 0.00, unknown AA BB CC"},
		{parts, "given rcpt.to kim@b.example", "accept at end, score 0.00, fired DD EE"},
		{parts, "given rcpt.to kim@b.example, rcpt.count 2", "accept at end, score 0.00, fired DD"},
		{parts, "given from.address x@c.example", "accept at end, score 0.00, fired FF"},
		{parts, "given client.name mx.example", "accept at end, score 0.00, fired GG"},
		{parts, "given client.name mx.example, client.fcrdns no", "accept at end, score 0.00"},
		{ways, "", "accept at end, score 0.00, fired IN"},
		{ways, "given client.ip 192.0.2.1", "accept at end, score 0.00, fired IN"},
		{ways, "given auth.user bob", "accept at end, score 0.00, fired OUT"},
		{ways, "given client.ip 198.51.100.7", "accept at end, score 0.00, fired OUT"},
		{ways, "given client.ip 198.51.100.25", "accept at end, score 0.00, fired IN"},
		{ways, "given client.ip 198.51.100.7, direction inbound", "accept at end, score 0.00, fired IN"},
	};
	struct engine_world w;
	struct seen s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		run_text(cases[i].rules, cases[i].test, &w, &s);
		UNIT_CASE(view_eq_str(s.got, cases[i].got), cases[i].test);
		if (!view_eq_str(s.got, cases[i].got))
			printf("got %.*s\n", VIEW_ARG(s.got));
		engine_world_close(&w);
	}
}

/* ---- when a fact is known, and what then happens ---- */

static void
moments(void)
{
	static const struct {
		const char *rules, *test, *got;
	} cases[] = {
		{"rule RR when spf = fail reject", "given spf fail", "reject by RR at rcpt, score 0.00, fired RR"},
		{"rule RR when helo.name = a.example reject at helo scope any", "given helo.name a.example",
			"reject by RR at helo, score 0.00, fired RR"},
		{"rule RR when from.domain = a.example reject", "given from.domain a.example",
			"reject by RR at end, score 0.00, fired RR"},
		/* what the message tells does not add to the score at RCPT */
		{"threshold greylist 4\nrule RR when from.domain = a.example score 5",
			"given from.domain a.example", "accept at end, score 5.00, fired RR"},
		{"threshold greylist 4\nrule RR when spf = fail score 5", "given spf fail",
			"greylist by threshold greylist at rcpt, score 5.00, fired RR"},
		{"threshold greylist 4\nrule RR when spf = fail score 5\nrule UU when helo.fqdn trial",
			"given spf fail, helo.fqdn unknown",
			"greylist by threshold greylist at rcpt, score 5.00, fired RR, unknown UU"},
		{"rule RR when spf = fail greylist 30m", "given spf fail, grey.state passed",
			"accept at end, score 0.00, fired RR"},
		{"rule RR when spf = fail greylist 30m", "given spf fail, grey.state passed, grey.age 20m",
			"greylist by RR at rcpt, score 0.00, fired RR"},
		{"rule RR when spf = fail greylist", "given spf fail, grey.state early",
			"greylist by RR at rcpt, score 0.00, fired RR"},
		{"rule RR when spf = fail greylist", "given spf fail, grey.state unknown",
			"accept at end, score 0.00, fired RR"},
		{"threshold tag 2\nrule RR when spf = fail score 2", "given spf fail",
			"accept, tagged, at end, score 2.00, fired RR"},
		{"rule RR when spf = fail if unknown tag", "given spf unknown",
			"accept, tagged, at end, score 0.00, unknown RR"},
		{"policy mild for rcpt.local = \"abuse\" at-most tag\nrule RR when spf = fail reject",
			"given spf fail, rcpt.to abuse@b.example",
			"accept, tagged, by at-most (RR) at end, score 0.00, fired RR"},
		{"rule RR when score >= 2 quarantine\nrule SS when spf = fail score 2", "given spf fail",
			"quarantine at end, score 2.00, fired RR SS"},
	};
	struct engine_world w;
	struct seen s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		run_text(cases[i].rules, cases[i].test, &w, &s);
		UNIT_CASE(view_eq_str(s.got, cases[i].got), cases[i].got);
		if (!view_eq_str(s.got, cases[i].got))
			printf("got %.*s\n", VIEW_ARG(s.got));
		CU_ASSERT_EQUAL(w.records, 0); /* a test is no transaction */
		engine_world_close(&w);
	}
}

/* ---- what is expected ---- */

static void
expectations(void)
{
	static const char rules[] = "threshold tag 2\nrule YES when spf = fail score 2.5\n"
		"rule NO when spf = pass\nrule HMM when helo.fqdn\nrule SKIP when spf = softfail skip greylist\n"
		"rule REFUSE when spf = permerror reject\nrule HOLD when spf = neutral quarantine\n";
	static const struct {
		const char *test, *missed;
	} cases[] = {
		{"given spf fail expect YES, not NO, tag, accept, score = 2.5, score >= 2, score < 3", ""},
		{"given spf fail expect NO, not YES, not tag, not accept", "NO, not YES, not tag, not accept"},
		{"given spf fail expect score = 2, score != 2.5, score < 2.5, score <= 2, score > 2.5, score >= 3",
			"score = 2.00, score != 2.50, score < 2.50, score <= 2.00, score > 2.50, score >= 3.00"},
		{"given helo.fqdn unknown expect unknown HMM, not HMM", ""},
		{"given helo.fqdn expect unknown HMM", "unknown HMM"},
		{"given spf softfail expect skip-greylist", ""},
		{"given spf fail expect skip-greylist", "skip-greylist"},
		{"given spf permerror expect reject, not accept, not defer, not greylist, not discard", ""},
		{"given spf permerror expect defer, greylist, discard, quarantine, tarpit",
			"defer, greylist, discard, quarantine, tarpit"},
		{"given spf neutral expect quarantine, not accept", ""},
	};
	struct engine_world w;
	struct seen s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		run_text(rules, cases[i].test, &w, &s);
		UNIT_CASE(view_eq_str(s.missed, cases[i].missed), cases[i].test);
		if (!view_eq_str(s.missed, cases[i].missed))
			printf("missed %.*s\n", VIEW_ARG(s.missed));
		engine_world_close(&w);
	}
}

static void
counts(void)
{
	struct engine_world w;
	struct rehearsal_sum sum;
	struct seen s;

	engine_world_open(&w, "rule RR when spf = fail\ntest \"a\" given spf fail expect RR\n"
		"test \"b\" given spf pass\n    expect not reject\n    expect RR\ntest \"c\" expect not RR");
	w.settings.dry_run = true;
	sum = run(&w, &s);
	CU_ASSERT_EQUAL(sum.run, 3);
	CU_ASSERT_EQUAL(sum.failed, 1);
	engine_world_close(&w);
	engine_world_open(&w, "rule RR when spf = fail reject\ntest \"b\" given spf pass\n"
		"    expect not reject\n    expect RR");
	w.settings.dry_run = true;
	sum = run(&w, &s);
	CU_ASSERT_EQUAL(sum.failed, 1);
	CU_ASSERT_EQUAL(s.line, 5); /* of the expectation; line 1 is "language 1" */
	engine_world_close(&w);
}

static void
deadline(void)
{
	struct engine_world w;
	struct rehearsal r = {.checks = checks_all, .deadline_ms = 1}; /* long over */
	struct rehearsal_sum sum;
	struct seen s = {.got = VIEW("none")};

	engine_world_open(&w, "rule RR when spf = fail\ntest \"a\" expect RR\ntest \"b\" expect RR");
	r.settings = &w.settings;
	r.program = w.program;
	r.facts = w.facts;
	sum = rehearsal_run(&r, see, &s);
	CU_ASSERT(sum.run == 0 && sum.failed == 0 && sum.left == 2);
	UNIT_VIEW(s.got, "none");
	engine_world_close(&w);
}

/* The rules of the test world are in w.folder/t.rules: a site's, until that is the folder of shipped ones. */
static void
of_the_site(void)
{
	struct engine_world w;
	struct rehearsal_sum sum;
	struct rehearsal r = {.settings = &w.settings, .checks = checks_all, .of_site = true};
	const char *retired;
	struct seen s;
	FILE *f;

	engine_world_open(&w, "rule RR when spf = fail\ntest \"a\" expect not RR");
	s = (struct seen){.arena = w.arena};
	r.program = w.program;
	r.facts = w.facts;
	sum = rehearsal_run(&r, see, &s);
	CU_ASSERT(sum.run == 1 && sum.shipped == 0 && sum.failed == 0);
	retired = arena_printf(w.arena, "%s/retired.rules", w.folder).p;
	f = fopen(retired, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fclose(f);
	sum = rehearsal_run(&r, see, &s);
	CU_ASSERT(sum.run == 0 && sum.shipped == 1);
	r.of_site = false;
	sum = rehearsal_run(&r, see, &s);
	CU_ASSERT(sum.run == 1 && sum.shipped == 0 && sum.failed == 0);
	unlink(retired);
	engine_world_close(&w);
}

/* ---- a message ---- */

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void
messages(void)
{
	static const char rules[] = "rule AUTHOR when from.domain = c.example\nrule LONG when msg.size > 50B\n"
		"rule SIGNED when dkim = pass\nrule OLD when date.skew > 1m\ntest \"t\" message \"m.eml\" ";
	static const struct {
		const char *given, *got;
	} cases[] = {
		{"", "accept at end, score 0.00, fired AUTHOR LONG"},
		{"given from.address x@d.example, msg.size 3", "accept at end, score 0.00"},
		{"given date.skew 3d", "accept at end, score 0.00, fired AUTHOR LONG OLD"},
		{"given dkim pass", "accept at end, score 0.00, fired AUTHOR LONG SIGNED"},
	};
	struct engine_world w;
	struct seen s;

	for (size_t i = 0; i <= sizeof(cases) / sizeof(*cases); i++) {
		bool there = i < sizeof(cases) / sizeof(*cases);
		char text[500], path[100];

		snprintf(text, sizeof(text), "%s%s", rules, there ? cases[i].given : "");
		engine_world_open(&w, text);
		snprintf(path, sizeof(path), "%s/m.eml", w.folder);
		if (there)
			write_file(path, "From: x@c.example\nSubject: a test\n"
				"Date: Sun, 22 Nov 2020 01:00:00 +0000\n\nIt is long enough to count.\n");
		CU_ASSERT_EQUAL(run(&w, &s).failed, !there);
		if (there)
			UNIT_CASE(view_eq_str(s.got, cases[i].got), cases[i].got);
		else
			CU_ASSERT(view_search_nocase(s.got, VIEW("m.eml: no such file")) < s.got.n);
		unlink(path);
		engine_world_close(&w);
	}
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"facts are given, derived or missing", facts},
		{"a fact is known from its stage on", moments},
		{"what is expected", expectations},
		{"failures are counted, with their line", counts},
		{"what is not begun by the deadline is left", deadline},
		{"with settings, only the tests below their folder", of_the_site},
		{"a message tells its own facts", messages},
	};

	return unit_main("engine/rehearsal", tests, sizeof(tests) / sizeof(*tests));
}
