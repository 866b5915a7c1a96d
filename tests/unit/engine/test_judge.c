/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What rules, scores, groups, thresholds and policies make of one message.
 */
#include "engine/judge.h"

#include "tests/lib/engine_world.h"
#include "tests/lib/unit.h"

/* Rules whose names come in any order: nothing may depend on it. */
static void
ranks(void)
{
	static const struct {
		const char *name, *rules, *want;
	} cases[] = {
		{"nothing fires", "rule RA when mail.null score 1", "end accept"},
		{"reject at RCPT", "rule RA when spf = pass reject", "rcpt 554"},
		{"own code", "rule RA when spf = pass reject 550 5.1.1 \"no\"", "rcpt 550"},
		{"defer", "rule RA when spf = pass defer", "rcpt 451"},
		{"accept beats reject", "rule RA when spf = pass reject\nrule RB when spf = pass accept",
			"end accept"},
		{"reject always beats accept",
			"rule RA when spf = pass accept\nrule RB when spf = pass reject always", "rcpt 554"},
		{"reject beats discard", "rule RA when spf = pass discard\nrule RB when spf = pass reject",
			"rcpt 554"},
		{"discard beats defer", "rule RA when spf = pass defer\nrule RB when spf = pass discard",
			"end discard"},
		{"reject of the header comes at the end", "rule RA when from.domain = good.example.com reject",
			"end reject"},
		{"accept at RCPT holds against a header's reject",
			"rule RA when from.domain = good.example.com reject\nrule RB when spf = pass accept",
			"end accept"},
		{"reject always of the header beats it",
			"rule RA when from.domain = good.example.com reject always\n"
			"rule RB when spf = pass accept", "end reject"},
		{"trial does nothing", "rule RA when spf = pass trial reject", "end accept"},
		{"quarantine", "rule RA when spf = pass quarantine", "end quarantine"},
		{"accept ends it", "rule RA when spf = pass quarantine\nrule RB when spf = pass accept",
			"end accept"},
		{"tag", "rule RA when spf = pass tag", "end accept tagged"},
		{"what a policy's condition made true is weighed anew without the rules that it disables",
			"rule RA when spf = pass\nrule RB when RA reject\npolicy p for RB disable RA", "end accept"},
		{"an unknown list does not fire", "dnsbl bl zone gone.example lookup mail.domain\n"
			"rule RA when dnsbl.bl reject", "end accept"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		UNIT_CASE(strcmp(engine_world_one(cases[i].rules, &engine_world_good), cases[i].want) == 0, cases[i].name);
}

static void
unknowns(void)
{
	static const char list[] = "dnsbl bl zone bl.example lookup client.ip test-entry none\n";
	static const struct {
		const char *rule, *want;
	} cases[] = {
		{"rule RA when dnsbl.bl reject", "end accept"},
		{"rule RA when dnsbl.bl if unknown reject", "rcpt 554"},
		{"rule RA when dnsbl.bl trial if unknown reject", "end accept"},
	};
	struct engine_mail m = engine_world_good;

	m.client = "192.0.2.67";
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char rules[200];

		snprintf(rules, sizeof(rules), "%s%s", list, cases[i].rule);
		UNIT_CASE(strcmp(engine_world_one(rules, &m), cases[i].want) == 0, cases[i].rule);
	}
}

static void
scores(void)
{
	static const struct {
		const char *name, *rules, *want;
	} cases[] = {
		{"below", "threshold tag 6\nrule RA when spf = pass score 5.99", "end accept"},
		{"at the threshold", "threshold tag 6\nrule RA when spf = pass score 6", "end accept tagged"},
		{"two add", "threshold reject 6\nrule RA when spf = pass score 3\nrule RB when spf = pass score 3",
			"end reject"},
		{"a group is capped", "threshold reject 6\ngroup g max 5\n"
			"rule RA when spf = pass score 3 group g\nrule RB when spf = pass score 3 group g",
			"end accept"},
		{"skip of a group", "threshold tag 2\ngroup g max 5\nrule RA when spf = pass score 3 group g\n"
			"rule RB when spf = pass skip g", "end accept"},
		{"skip score", "threshold tag 2\nrule RA when spf = pass score 3\n"
			"rule RB when spf = pass skip score", "end accept"},
		{"early-reject", "threshold early-reject 4\nrule RA when spf = pass score 4", "rcpt 554"},
		{"greylist", "threshold greylist 4\nrule RA when spf = pass score 4", "rcpt 451"},
		{"skip greylist", "threshold greylist 4\nrule RA when spf = pass score 4 skip greylist",
			"end accept"},
		{"reject beats greylist", "threshold greylist 2, early-reject 4\n"
			"rule RA when spf = pass score 4", "rcpt 554"},
		{"off", "threshold reject off\nrule RA when spf = pass score 99", "end accept"},
		{"a trial's score does not count", "threshold tag 1\nrule RA when spf = pass trial score 5",
			"end accept"},
		{"score is read at the end", "rule RA when spf = pass score 5\n"
			"rule RB when score >= 5 and spf = pass reject", "end reject"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		UNIT_CASE(strcmp(engine_world_one(cases[i].rules, &engine_world_good), cases[i].want) == 0, cases[i].name);
}

/* What at-most leaves out makes room for what it permits. */
static void
at_most(void)
{
	static const struct {
		const char *name, *most, *rules, *want;
	} cases[] = {
		{"greylist behind a refusal", "greylist", "rule GG when spf = pass greylist\nrule RR when spf = pass reject",
			"rcpt 451"},
		{"a refusal alone", "greylist", "rule RR when spf = pass reject", "end accept tagged"},
		{"defer is more than greylist", "greylist", "rule DD when spf = pass defer\nrule GG when spf = pass greylist",
			"rcpt 451"},
		{"defer behind a discard", "defer", "rule DD when spf = pass defer\nrule XX when spf = pass discard",
			"rcpt 451"},
		{"greylist is more than tag", "tag", "rule GG when spf = pass greylist\nrule RR when spf = pass reject",
			"end accept tagged"},
		{"a threshold behind a rule", "greylist", "threshold greylist 4, early-reject 5\n"
			"rule RA when spf = pass score 6", "rcpt 451"},
		{"greylisting that is skipped", "greylist", "rule GG when spf = pass greylist skip greylist\n"
			"rule RR when spf = pass reject", "end accept tagged"},
		{"accept behind reject always", "defer", "rule AA when spf = pass accept\n"
			"rule RR when spf = pass reject always", "end accept tagged"},
		{"quarantine", "defer", "rule QQ when spf = pass quarantine", "end accept tagged"},
		{"nothing is left out", "defer", "rule GG when spf = pass greylist", "rcpt 451"},
		{"nor tagged", "accept", "rule GG when spf = pass greylist\nrule RR when spf = pass reject", "end accept"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char rules[512];

		snprintf(rules, sizeof(rules), "%s\npolicy pp for rcpt.local = kim at-most %s\n", cases[i].rules,
			cases[i].most);
		UNIT_CASE(strcmp(engine_world_one(rules, &engine_world_good), cases[i].want) == 0, cases[i].name);
	}
}

static void
policies(void)
{
	static const char rules[] = "threshold tag 2, early-reject 4\nrule RA when spf = pass score 4\n"
		"policy soft for rcpt.local = \"postmaster\"  at-most tag\n"
		"policy none for rcpt.local = \"open\"  at-most accept\n"
		"policy other for rcpt.local = \"other\"  threshold tag 9, early-reject 9\n"
		"policy not for rcpt.local = \"not\"  disable RA\n";
	static const struct {
		const char *to, *want;
	} cases[] = {
		{"kim@rcpt.example", "rcpt 554"}, {"postmaster@rcpt.example", "end accept tagged"},
		{"open@rcpt.example", "end accept"}, {"other@rcpt.example", "end accept"},
		{"not@rcpt.example", "end accept"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct engine_mail m = engine_world_good;

		m.to[0] = cases[i].to;
		UNIT_CASE(strcmp(engine_world_one(rules, &m), cases[i].want) == 0, cases[i].to);
	}
}

/* Of two policies that apply, the milder wins whichever is named first. */
static void
policies_at_once(void)
{
	static const struct {
		const char *does, *one, *other, *want;
	} cases[] = {
		{"score 5", "threshold tag 3", "threshold tag 9", "end accept"},
		{"score 5", "threshold tag 3", "threshold tag 4", "end accept tagged"},
		{"score 5", "threshold tag 3", "threshold tag off", "end accept"},
		{"defer", "at-most defer", "at-most tag", "end accept tagged"},
		{"defer", "at-most defer", "at-most accept", "end accept"},
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		const char *one = cases[i / 2].one, *other = cases[i / 2].other;
		char rules[300];

		snprintf(rules, sizeof(rules), "rule RA when spf = pass %s\npolicy aa for rcpt.local = \"kim\" %s\n"
			"policy bb for rcpt.local = \"kim\" %s", cases[i / 2].does, i % 2 ? other : one,
			i % 2 ? one : other);
		UNIT_CASE(strcmp(engine_world_one(rules, &engine_world_good), cases[i / 2].want) == 0, rules);
	}
}

/* Of equals the first name supplies the text, also if it is weighed last because it reads the score. */
static void
first_names(void)
{
	struct engine_world w;

	engine_world_open(&w, "rule RA when score >= 0 and spf = pass reject\n"
		"rule RB when from.domain = good.example.com reject\nthreshold reject 0");
	engine_world_outcome(&w, &engine_world_good);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(w.record, "cause")), "RA");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(
		json_object_get(w.record, "rules"), 0), "name")), "RA");
	engine_world_close(&w);
}

/* What the end of the header says to a message for these recipients. */
static enum verdict_kind
header_verdict(const char *rules, const char *to, const char *more)
{
	struct engine_world w;
	struct session *s;
	enum verdict_kind kind;

	engine_world_open(&w, rules);
	s = engine_world_begin(&w, &engine_world_good);
	session_rcpt(s, view_str(to));
	if (more)
		session_rcpt(s, view_str(more));
	session_data(s);
	session_header(s, VIEW("From"), VIEW(" joe@good.example.com"));
	kind = session_eoh(s)->kind;
	session_free(s);
	engine_world_close(&w);
	return kind;
}

static void
at_header(void)
{
	static const char rules[] = "rule RA when from.domain = good.example.com reject at header\n"
		"policy p for rcpt.local = \"open\" disable RA\nrule RD when rcpt.local = \"trap\" discard";
	static const struct {
		const char *name, *rules, *to, *more;
		enum verdict_kind want;
	} cases[] = {
		{"it is answered there", rules, "kim@x.example", NULL, VERDICT_REJECT},
		{"not for whom a policy disables it", rules, "open@x.example", NULL, VERDICT_NONE},
		{"the mildest of all answers", rules, "kim@x.example", "open@x.example", VERDICT_NONE},
		{"who is discarded has no voice", rules, "kim@x.example", "trap@x.example", VERDICT_REJECT},
		{"no more when nobody is left", rules, "trap@x.example", NULL, VERDICT_NONE},
		{"another rule's `at` does not hasten this one", "rule RA when from.domain = good.example.com reject\n"
			"rule RB when from.domain = other.example reject at header", "kim@x.example", NULL, VERDICT_NONE},
		{"nor a threshold of RCPT", "threshold early-reject 4\nrule RA when from.domain = good.example.com score 4\n"
			"rule RB when from.domain = other.example reject at header", "kim@x.example", NULL, VERDICT_NONE},
		{"an accept saves", "rule RA when from.domain = good.example.com reject at header\n"
			"rule RB when from.domain = good.example.com and spf = pass accept", "kim@x.example", NULL,
			VERDICT_NONE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		UNIT_CASE(header_verdict(cases[i].rules, cases[i].to, cases[i].more) == cases[i].want, cases[i].name);
}

static void
sums(void)
{
	struct engine_world w;
	double sum = 0;
	size_t i;
	json_t *rule;

	engine_world_open(&w, "group g max 1.5\ngroup h max 9\nthreshold tag 99\n"
		"rule RA when spf = pass score 1.25 group g\nrule RB when spf = pass score 0.75 group g\n"
		"rule RC when spf = pass score -0.1\nrule RD when spf = pass score 3 group h\n"
		"rule RE when spf = pass skip h\nrule RF when spf = pass trial score 40");
	engine_world_outcome(&w, &engine_world_good);
	json_array_foreach(json_object_get(w.record, "rules"), i, rule)
		sum += json_number_value(json_object_get(rule, "score"));
	CU_ASSERT_DOUBLE_EQUAL(sum, json_number_value(json_object_get(w.record, "score")), 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(sum, 1.4, 1e-9);
	engine_world_close(&w);
}

/* What X-Spam-Status and the evidence say of the tag, which must be the same. */
static void
tag_texts(void)
{
	static const struct {
		const char *name, *rules, *want;
	} cases[] = {
		{"a rule's text", "rule RA when spf = pass tag \"from {mail.domain} by {rule}\"",
			"from good.example.com by RA"},
		{"the first by name", "rule RB when spf = pass tag \"b\"\nrule RA when spf = pass tag\n"
			"rule RC when spf = pass tag \"c\"", "b"},
		{"of the threshold", "threshold tag 2 \"score {score}\"\nrule RA when spf = pass score 2",
			"score 2.00"},
		{"a threshold not reached", "threshold tag 3 \"much\"\nrule RA when spf = pass score 2 tag", NULL},
		{"if unknown", "dnsbl bl zone fail.example lookup helo.name test-entry none\n"
			"rule RA when dnsbl.bl if unknown tag \"u\"", "u"},
		{"nothing tags", "rule RA when spf = fail tag \"a\"", NULL},
		{"in trial", "rule RA when spf = pass trial tag \"a\"\nrule RB when spf = pass tag \"b\"", "b"},
		{"bytes that are no ASCII", "rule RA when spf = pass tag \"caf\xc3\xa9\"", "caf??"},
	};

	struct engine_mail m = engine_world_good;

	m.helo = "a1"; /* a1.fail.example fails */
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view status = {NULL, 0};
		struct engine_world w;
		const struct edits *e;
		struct session *s;
		const char *got;
		size_t at;

		engine_world_open(&w, cases[i].rules);
		s = engine_world_begin(&w, &m);
		session_rcpt(s, view_str(m.to[0]));
		engine_world_content(s, &m, &e);
		for (size_t k = 0; k < e->n_headers; k++)
			if (view_is(e->header[k].name, "X-Spam-Status"))
				status = e->header[k].value;
		got = json_string_value(json_object_get(w.record, "tag-text"));
		at = view_search_nocase(status, VIEW("\n\treason="));
		UNIT_CASE((at < status.n) == (cases[i].want != NULL) && !got == !cases[i].want, cases[i].name);
		if (got && cases[i].want) {
			UNIT_VIEW(view_skip(status, at + 9), cases[i].want);
			UNIT_VIEW(view_str(got), cases[i].want);
		}
		session_free(s);
		engine_world_close(&w);
	}
}

/* "RULE truth: reasons" of one rule in the last record. */
static const char *
traced(struct engine_world *w, const char *name)
{
	static char text[300];
	json_t *rule, *why;
	size_t i, k, n = 0;

	text[0] = 0;
	json_array_foreach(json_object_get(w->record, "trace"), i, rule) {
		if (strcmp(json_string_value(json_object_get(rule, "name")), name) != 0)
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s:",
			json_string_value(json_object_get(rule, "truth")));
		json_array_foreach(json_object_get(rule, "why"), k, why)
			n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", json_string_value(why));
	}
	return text;
}

static void
traces(void)
{
	static const char rules[] = "rule YES when spf = pass\nrule NO when spf = fail\n"
		"rule OUT scope outbound when spf = pass\nrule OUT2 scope outbound when spf = fail\n"
		"rule LATE when from.domain = a.example or spf = fail\n"
		"rule HMM when dnsbl.gone\ndnsbl gone zone gone.example lookup mail.domain\n"
		"rule OFF when spf = pass\nrule REFUSE when mail.local = \"bad\" reject\n"
		"policy pilot for rcpt.local = \"kim\" disable OFF\n";
	struct engine_mail bad = engine_world_good;
	struct engine_world w;

	engine_world_open(&w, rules);
	engine_world_outcome(&w, &engine_world_good);
	CU_ASSERT_STRING_EQUAL(traced(&w, "YES"), "true: spf = pass");
	CU_ASSERT_STRING_EQUAL(traced(&w, "NO"), "false: spf = pass");
	CU_ASSERT_STRING_EQUAL(traced(&w, "OUT"), "true, out of scope: spf = pass");
	CU_ASSERT_STRING_EQUAL(traced(&w, "OUT2"), "out of scope: spf = pass");
	CU_ASSERT_STRING_EQUAL(traced(&w, "LATE"), "false: from.domain = good.example.com spf = pass");
	CU_ASSERT_STRING_EQUAL(traced(&w, "OFF"), "disabled by policy:");
	CU_ASSERT_STRING_EQUAL(traced(&w, "REFUSE"), "false: mail.local = joe");
	bad.from = "bad@good.example.com";
	engine_world_outcome(&w, &bad);
	CU_ASSERT_STRING_EQUAL(traced(&w, "REFUSE"), "true: mail.local = bad");
	CU_ASSERT_STRING_EQUAL(traced(&w, "LATE"), "pending: from.domain is not known yet");
	engine_world_close(&w);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"terminal effects have a fixed rank", ranks},
		{"if unknown, and not in trial", unknowns},
		{"scores, groups and thresholds", scores},
		{"policies for recipients", policies}, {"at-most", at_most},
		{"of two policies the milder", policies_at_once},
		{"of equals the first name", first_names},
		{"at header", at_header},
		{"the parts sum to the score", sums},
		{"the text of a tag", tag_texts},
		{"the trace tells of every rule", traces},
	};

	return unit_main("engine/judge", tests, sizeof(tests) / sizeof(*tests));
}
