/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dmarc.h"

#include "tests/lib/log_capture.h"
#include "util/log.h"
#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

enum row { RESULT, POLICY, ALIGNED };
enum need { SPF, SPF_DOMAIN, DKIM, DKIM_DOMAIN, DKIM_TEMPERROR };

#define REJECT                                                                                     \
	{                                                                                          \
		"_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject"                                \
	}
#define FROM " a@example.org"

static const struct {
	const char *title, *from, *from2;
	const char *spf, *spf_domain; /* "?" unknown, "~" pending, NULL missing */
	const char *good, *open;      /* one DKIM domain; NULL = none; "?" unknown, "~" pending */
	struct fake_dns dns;
	const char *result, *policy, *aligned, *report;
} cases[] = {
	{"no record", FROM, NULL, "pass", "example.org", NULL, NULL, {0}, "none", "-", "no",
		"none"},
	{"SPF", FROM, NULL, "pass", "example.org", NULL, NULL, REJECT, "pass", "reject", "no",
		"pass"},
	{"SPF of a stranger", FROM, NULL, "pass", "x.example", NULL, NULL, REJECT, "fail", "reject",
		"no", "fail"},
	{"SPF did not pass", FROM, NULL, "softfail", "example.org", NULL, NULL, REJECT, "fail",
		"reject", "no", "fail"},
	{"no SPF at all", FROM, NULL, NULL, NULL, NULL, NULL, REJECT, "fail", "reject", "no",
		"fail"},
	{"DKIM", FROM, NULL, "fail", "example.org", "a.example.org", NULL, REJECT, "pass", "reject",
		"yes", "pass"},
	{"DKIM of a stranger", FROM, NULL, "none", "x.example", "x.example", NULL, REJECT, "fail",
		"reject", "no", "fail"},
	{"SPF unknown", FROM, NULL, "?", "example.org", NULL, NULL, REJECT,
		"?temperror: SPF or DKIM is not known", "reject", "no", "temperror"},
	{"SPF unknown, DKIM aligns", FROM, NULL, "?", "example.org", "example.org", NULL, REJECT,
		"pass", "reject", "yes", "pass"},
	{"SPF unknown, of a stranger", FROM, NULL, "?", "x.example", NULL, NULL, REJECT, "fail",
		"reject", "no", "fail"},
	{"SPF unknown, domain too", FROM, NULL, "?", "?", NULL, NULL, REJECT,
		"?temperror: SPF or DKIM is not known", "reject", "no", "temperror"},
	{"DKIM key out of reach", FROM, NULL, "fail", "example.org", NULL, "example.org", REJECT,
		"?temperror: SPF or DKIM is not known", "reject",
		"?temperror: SPF or DKIM is not known", "temperror"},
	{"a stranger's key out of reach", FROM, NULL, "fail", "example.org", NULL, "x.example",
		REJECT, "fail", "reject", "no", "fail"},
	{"DKIM not computed", FROM, NULL, "fail", "example.org", "?", "?", REJECT,
		"?temperror: SPF or DKIM is not known", "reject",
		"?temperror: SPF or DKIM is not known", "temperror"},
	{"record out of reach", FROM, NULL, "fail", "example.org", "example.org", NULL,
		{"_dmarc.example.org", DNS_TXT, "!timeout"}, "?temperror: timeout",
		"?temperror: timeout", "yes", "temperror"},
	{"bad record", FROM, NULL, "fail", "example.org", NULL, NULL,
		{"_dmarc.example.org", DNS_TXT, "v=DMARC1; p=x"}, "permerror", "none", "no",
		"permerror"},
	{"two authors", " a@example.org, b@example.org", NULL, "pass", "example.org", NULL, NULL,
		REJECT, "permerror", "-", "no", "permerror"},
	{"two fields", FROM, FROM, "pass", "example.org", NULL, NULL, REJECT, "permerror", "-",
		"no", "permerror"},
	{"no author", NULL, NULL, "pass", "example.org", NULL, NULL, REJECT, "permerror", "-", "no",
		"permerror"},
	{"no domain", " a", NULL, "pass", "example.org", NULL, NULL, REJECT, "permerror", "-", "no",
		"permerror"},
	{"SPF pending", FROM, NULL, "~", "example.org", NULL, NULL, REJECT, "...", "...", "...",
		NULL},
	{"record pending", FROM, NULL, "pass", "example.org", NULL, NULL,
		{"_dmarc.example.org", DNS_TXT, "~"}, "...", "...", "...", NULL},
};

static struct fact_value
word(const char *text)
{
	if (!text)
		return fact_missing();
	if (text[0] == '~')
		return (struct fact_value){.state = FACT_PENDING};
	return text[0] == '?' ? fact_unknown(VIEW("timeout")) : fact_text(view_str(text));
}

static struct fact_value
list(const char *text, struct view *item)
{
	*item = view_str(text);
	if (text && (text[0] == '~' || text[0] == '?'))
		return word(text);
	return fact_list(item, text != NULL);
}

static void
results(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct header_field h[2] = {{VIEW("From"), view_str(cases[i].from)},
			{VIEW("From"), view_str(cases[i].from2)}};
		struct check_call *c = fake_new(
			&dmarc_check, STAGE_BODY, &cases[i].dns, cases[i].dns.name != NULL);
		struct view good, open;

		fake_message.field = h;
		fake_message.n = (cases[i].from != NULL) + (cases[i].from2 != NULL);
		fake_message.need[SPF] = word(cases[i].spf);
		fake_message.need[SPF_DOMAIN] = word(cases[i].spf_domain);
		fake_message.need[DKIM] = word("none");
		fake_message.need[DKIM_DOMAIN] = list(cases[i].good, &good);
		fake_message.need[DKIM_TEMPERROR] = list(cases[i].open, &open);
		fake_run(c);
		UNIT_CASE(fake_is(c, RESULT, cases[i].result), cases[i].title);
		UNIT_CASE(fake_is(c, POLICY, cases[i].policy), cases[i].title);
		UNIT_CASE(fake_is(c, ALIGNED, cases[i].aligned), cases[i].title);
		UNIT_CASE(c->reports == (cases[i].report != NULL), cases[i].title);
		if (cases[i].report)
			UNIT_VIEW(c->report.result, cases[i].report);
		fake_done(c);
	}
}

static void
report(void)
{
	struct header_field h = {VIEW("From"), VIEW(FROM)};
	struct fake_dns dns = REJECT;
	struct check_call *c = fake_new(&dmarc_check, STAGE_BODY, &dns, 1);

	fake_message.field = &h;
	fake_message.n = 1;
	for (size_t i = 0; i < FAKE_FACTS; i++)
		fake_message.need[i] = fact_missing();
	fake_run(c);
	UNIT_VIEW(c->report.method, "dmarc");
	CU_ASSERT_EQUAL(c->report.n_props, 2);
	UNIT_VIEW(c->report.prop[0].name, "header.from");
	UNIT_VIEW(c->report.prop[0].value, "example.org");
	UNIT_VIEW(c->report.prop[1].name, "policy.dmarc");
	UNIT_VIEW(c->report.prop[1].value, "reject");
	fake_done(c);
}

/* What aggregate reports need is noted where the record asks for them, and only if they are wanted. */
static void
notes(void)
{
	static const struct {
		const char *title, *record;
		bool wanted, noted;
	} rows[] = {
		{"wanted and asked for", "v=DMARC1; p=reject; t=y; rua=mailto:x@example.org", true, true},
		{"not wanted", "v=DMARC1; p=reject; rua=mailto:x@example.org", false, false},
		{"not asked for", "v=DMARC1; p=reject", true, false},
	};
	const struct ip client = {4, {192, 0, 2, 1}};
	struct header_field h = {VIEW("From"), VIEW(FROM)};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct fake_dns dns = {"_dmarc.example.org", DNS_TXT, rows[i].record};
		struct check_call *c = fake_new(&dmarc_check, STAGE_BODY, &dns, 1);

		fake_message.field = &h;
		fake_message.n = 1;
		for (size_t k = 0; k < FAKE_FACTS; k++)
			fake_message.need[k] = fact_missing();
		fake_message.need[SPF] = fact_unknown(VIEW("timeout"));
		fake_message.need[SPF_DOMAIN] = fact_text(VIEW("x.example"));
		c->settings.dmarc_history = rows[i].wanted;
		c->client.ip = &client;
		fake_run(c);
		UNIT_CASE((c->dmarc != NULL) == rows[i].noted, rows[i].title);
		if (c->dmarc) {
			UNIT_VIEW(c->dmarc->row.domain, "example.org");
			UNIT_VIEW(c->dmarc->row.record.rua, "mailto:x@example.org");
			UNIT_VIEW(c->dmarc->row.spf_domain, "x.example");
			UNIT_VIEW(c->dmarc->row.spf_result, "temperror");
			CU_ASSERT(c->dmarc->known && !c->dmarc->passed);
			CU_ASSERT(c->dmarc->asked == DMARC_QUARANTINE && c->dmarc->published == DMARC_REJECT);
		}
		fake_done(c);
	}
}

/* RFC 9989 beside RFC 7489 with the public suffix list: what they make of a message differently is said once, with
 * both results and policies; where they agree, or one is not known, nothing is. */
static void
differences(void)
{
	static const struct {
		const char *title, *from, *good;
		struct fake_dns dns[2];
		const char *want; /* behind the event's name; NULL = silence */
	} rows[] = {
		{"the same", FROM, NULL, {REJECT}, NULL},
		{"the same, passed", FROM, "a.example.org", {REJECT}, NULL},
		{"no record", FROM, NULL, {{0}}, NULL},
		{"t=y", FROM, NULL, {{"_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject; t=y"}},
			"domain=example.org rfc9989=fail policy=quarantine rfc7489=fail old-policy=reject"},
		{"t=y of mail that passes", FROM, "example.org",
			{{"_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject; t=y"}}, NULL},
		{"psd=n parts what the list unites", " a@a.b.example.org", "example.org",
			{{"_dmarc.b.example.org", DNS_TXT, "v=DMARC1; p=reject; psd=n"},
				{"_dmarc.example.org", DNS_TXT, "v=DMARC1; p=none"}},
			"domain=a.b.example.org rfc9989=fail policy=reject rfc7489=pass old-policy=none"},
		{"a suffix's own record", " a@a.github.io", NULL,
			{{"_dmarc.github.io", DNS_TXT, "v=DMARC1; p=reject"}},
			"domain=a.github.io rfc9989=fail policy=reject rfc7489=none old-policy=\"\""},
		{"np=", " a@a.example.org", NULL,
			{{"_dmarc.example.org", DNS_TXT, "v=DMARC1; p=none; np=reject"}},
			"domain=a.example.org rfc9989=fail policy=reject rfc7489=fail old-policy=none"},
		{"not known", FROM, NULL, {{"_dmarc.example.org", DNS_TXT, "!timeout"}}, NULL},
	};

	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_INFO, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct header_field h = {VIEW("From"), view_str(rows[i].from)};
		struct check_call *c = fake_new(&dmarc_check, STAGE_BODY, rows[i].dns,
			(rows[i].dns[0].name != NULL) + (rows[i].dns[1].name != NULL));
		struct view good, open, said;
		size_t at;

		fake_message.field = &h;
		fake_message.n = 1;
		fake_message.need[SPF] = fake_message.need[DKIM] = word("none");
		fake_message.need[SPF_DOMAIN] = word(NULL);
		fake_message.need[DKIM_DOMAIN] = list(rows[i].good, &good);
		fake_message.need[DKIM_TEMPERROR] = list(NULL, &open);
		log_capture_begin();
		fake_run(c);
		said = log_capture_end();
		at = view_search_nocase(said, VIEW("event=dmarc-differs "));
		UNIT_CASE((at < said.n) == (rows[i].want != NULL), rows[i].title);
		if (rows[i].want)
			UNIT_VIEW(view_trim(view_skip(said, at + strlen("event=dmarc-differs "))), rows[i].want);
		fake_done(c);
	}
}

/* MAIL guesses the author's domain, the header knows it; a wrong guess costs that walk, once. */
static void
early(void)
{
	struct header_field h = {VIEW("From"), VIEW(" a@a.b.c.d.e.f.g.h.i.j.example.org")};
	struct check_call *c = fake_new(&dmarc_check, STAGE_MAIL, NULL, 0);

	c->has_envelope = c->envelope.has_from = true;
	c->envelope.from = (struct address){.domain = VIEW("a.example.org")};
	fake_run(c);
	CU_ASSERT_EQUAL(c->n_asked, 3);
	CU_ASSERT_STRING_EQUAL(c->asked[0].name, "_dmarc.a.example.org");
	CU_ASSERT_EQUAL(c->asked[2].round, 1);
	fake_message.field = &h;
	fake_message.n = 1;
	c->stage = STAGE_HEADER;
	fake_run(c);
	CU_ASSERT_EQUAL(c->n_asked, 3 + 6); /* example.org and org were there */
	fake_done(c);
	c = fake_new(&dmarc_check, STAGE_MAIL, NULL, 0);
	c->has_envelope = c->envelope.null_sender = true;
	fake_run(c);
	CU_ASSERT_EQUAL(c->n_asked, 0);
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"results and alignment", results},
	{"reports", report},
	{"notes what reports need", notes},
	{"says where RFC 7489 differs", differences},
	{"asks early", early},
};

int
main(void)
{
	return unit_main("checks/dmarc", tests, sizeof(tests) / sizeof(*tests));
}
