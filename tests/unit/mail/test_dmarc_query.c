/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_query.h"

#include <stdio.h>

#include "mail/domain.h"
#include "tests/lib/unit.h"

enum { ZONE = 6, ASKED = 100 };

struct record {
	const char *name; /* without "_dmarc." for TXT; "=name" for the name itself */
	const char *
		text; /* TXT; "" exists without any; "!" fails; "~" on its way; absent = NXDOMAIN */
};

static struct {
	const struct record *zone;
	struct view txt[ZONE];
	char asked[ASKED][300];
	size_t n_asked;
	bool late; /* nothing has come yet */
} dns;

static struct dmarc_answer
answer(const char *text, size_t n)
{
	if (text[0] == '!')
		return (struct dmarc_answer){.status = DMARC_ANSWER_TEMPFAIL, .why = "SERVFAIL"};
	if (text[0] == '~')
		return (struct dmarc_answer){.status = DMARC_ANSWER_PENDING};
	return (struct dmarc_answer){
		.status = text[0] ? DMARC_ANSWER_FOUND : DMARC_ANSWER_NONE, .txt = dns.txt, .n = n};
}

static struct dmarc_answer
ask(void *ctx, struct view name, bool txt)
{
	char full[300];
	size_t n = 0, i = 0;
	const char *text = NULL;

	snprintf(full, sizeof(full), "%s%.*s", txt ? "" : "=", VIEW_ARG(name));
	while (i < dns.n_asked && strcmp(dns.asked[i], full) != 0)
		i++;
	if (i == dns.n_asked && i < ASKED)
		memcpy(dns.asked[dns.n_asked++], full, sizeof(full));
	if (dns.late)
		return (struct dmarc_answer){.status = DMARC_ANSWER_PENDING};
	for (i = 0; i < ZONE && dns.zone[i].name; i++)
		if (strcmp(dns.zone[i].name, txt ? full + sizeof("_dmarc.") - 1 : full) == 0) {
			text = dns.zone[i].text;
			dns.txt[n++] = view_str(text);
		}
	return text ? answer(text, n)
		    : (struct dmarc_answer){.status = DMARC_ANSWER_NONE, .nxdomain = true};
}

/* "spf:x.org dkim:y.org dkim?z.org": '?' is one that may yet be good. */
static size_t
identifiers(const char *text, struct dmarc_identifier *out)
{
	struct view rest = view_str(text), word;
	size_t n = 0;

	while (rest.n > 0 && view_split(&rest, ' ', &word)) {
		out[n].spf = word.p[0] == 's';
		out[n].maybe = word.p[out[n].spf ? 3 : 4] == '?';
		out[n].domain = view_skip(word, out[n].spf ? 4 : 5);
		n++;
	}
	return n;
}

static struct dmarc_outcome
evaluate(const char *author, const char *ids, const struct record *zone)
{
	struct dmarc_identifier id[8];
	struct dmarc_query q = {
		.author = view_str(author), .id = id, .n_id = identifiers(ids, id), .ask = ask};

	dns.zone = zone;
	return dmarc_query_run(&q);
}

#define P    "v=DMARC1; p="
#define DEEP "a.b.c.d.e.f.g.h.i.j.example.org"

static const struct {
	const char *title, *author, *ids;
	struct record zone[ZONE];
	const char *want; /* verdict [policy [organization]] [dkim] */
} cases[] = {
	{"nothing", "example.org", "dkim:example.org", {{0}}, "none dkim"},
	{"nothing, below", "a.example.org", "dkim:example.org", {{0}}, "none dkim"},
	{"nothing, stranger", "example.org", "dkim:example.com", {{0}}, "none"},
	{"DKIM", "example.org", "dkim:example.org", {{"example.org", P "reject"}},
		"pass reject example.org dkim"},
	{"SPF", "example.org", "spf:example.org", {{"example.org", P "none"}},
		"pass none example.org"},
	{"neither", "example.org", "", {{"example.org", P "quarantine"}},
		"fail quarantine example.org"},
	{"stranger", "example.org", "dkim:example.com spf:xample.org",
		{{"example.org", P "reject"}}, "fail reject example.org"},
	{"child signs", "example.org", "dkim:a.example.org", {{"example.org", P "reject"}},
		"pass reject example.org dkim"},
	{"parent signs", "a.example.org", "dkim:example.org",
		{{"example.org", P "reject; sp=quarantine"}}, "pass quarantine example.org dkim"},
	{"cousin signs", "a.example.org", "dkim:b.example.org", {{"example.org", P "reject"}},
		"pass reject example.org dkim"},
	{"adkim=s", "example.org", "dkim:a.example.org", {{"example.org", P "reject; adkim=s"}},
		"fail reject example.org"},
	{"adkim=s is not for SPF", "example.org", "spf:a.example.org",
		{{"example.org", P "reject; adkim=s"}}, "pass reject example.org"},
	{"aspf=s", "example.org", "spf:a.example.org", {{"example.org", P "reject; aspf=s"}},
		"fail reject example.org"},
	{"one letter organization", "b.c", "dkim:x.c", {{"b.c", P "reject"}}, "fail reject b.c"},
	{"ends alike", "example.org", "dkim:badexample.org", {{"example.org", P "reject"}},
		"fail reject example.org"},
	{"several records are none", "example.org", "",
		{{"example.org", P "reject"}, {"example.org", P "none"}}, "none"},
	{"several records, parent's counts", "a.example.org", "",
		{{"a.example.org", P "reject"}, {"a.example.org", P "none"},
			{"example.org", P "quarantine"}},
		"fail quarantine example.org"},
	{"a record among others", "example.org", "",
		{{"example.org", "v=spf1 -all"}, {"example.org", P "reject"}},
		"fail reject example.org"},
	{"a wildcard's record is none", "example.org", "dkim:example.org", {{"example.org", "v=spf1 -all"}}, "none dkim"},
	{"middle record is not the organization's", "a.b.example.org", "",
		{{"b.example.org", P "reject"}, {"example.org", P "quarantine"}},
		"fail quarantine example.org"},
	{"own record, organization above", "a.b.example.org", "dkim:c.example.org",
		{{"a.b.example.org", P "reject"}, {"example.org", P "none"}},
		"pass reject example.org dkim"},
	{"psd=n cuts", "a.b.example.org", "dkim:example.org",
		{{"b.example.org", P "reject; psd=n"}, {"example.org", P "none"}},
		"fail reject b.example.org"},
	{"psd=n at the signer", "a.example.org", "dkim:x.b.example.org",
		{{"b.example.org", P "none; psd=n"}, {"example.org", P "reject"}},
		"fail reject example.org"},
	{"psd=y: one label below", "a.b.example.org", "dkim:b.example.org",
		{{"example.org", "v=DMARC1; psd=y; p=reject"}}, "pass reject b.example.org dkim"},
	{"psd=y parts neighbours", "b.example.org", "dkim:c.example.org",
		{{"example.org", P "reject; psd=y"}}, "fail reject b.example.org"},
	{"psd=y, own record wins", "a.b.example.org", "",
		{{"b.example.org", P "quarantine"}, {"example.org", P "reject; psd=y"}},
		"fail quarantine b.example.org"},
	{"psd=y at the author", "example.org", "dkim:a.example.org",
		{{"example.org", P "reject; psd=y"}}, "fail reject example.org"},
	{"the suffix itself signs", "b.example.org", "dkim:example.org",
		{{"b.example.org", P "reject"}, {"example.org", P "none; psd=y"}},
		"fail reject b.example.org"},
	{"top-level record", "a.example.org", "", {{"org", P "reject; psd=y"}},
		"fail reject example.org"},
	{"sp", "a.example.org", "", {{"example.org", P "reject; sp=none"}},
		"fail none example.org"},
	{"sp is not for the domain itself", "example.org", "",
		{{"example.org", P "reject; sp=none"}}, "fail reject example.org"},
	{"np: does not exist", "a.example.org", "", {{"example.org", P "none; np=reject"}},
		"fail reject example.org"},
	{"np: exists", "a.example.org", "",
		{{"example.org", P "none; np=reject"}, {"=a.example.org", "x"}},
		"fail none example.org"},
	{"np: exists without address", "a.example.org", "",
		{{"example.org", P "none; np=reject"}, {"=a.example.org", ""}},
		"fail none example.org"},
	{"np: does not answer", "a.example.org", "",
		{{"example.org", P "none; np=reject"}, {"=a.example.org", "!"}},
		"fail ? example.org"},
	{"t=y", "example.org", "", {{"example.org", P "reject; t=y"}},
		"fail quarantine example.org"},
	{"t=y lowers quarantine", "example.org", "", {{"example.org", P "quarantine; t=y"}},
		"fail none example.org"},
	{"t=y leaves none", "example.org", "", {{"example.org", P "none; t=y"}},
		"fail none example.org"},
	{"t=y lowers np", "a.example.org", "", {{"example.org", P "none; np=reject; t=y"}},
		"fail quarantine example.org"},
	{"pct=1 counts for nothing", "example.org", "", {{"example.org", P "reject; pct=1"}},
		"fail reject example.org"},
	{"bad policy", "example.org", "dkim:example.org", {{"example.org", P "bob"}},
		"permerror dkim"},
	{"bad policy with reports", "example.org", "",
		{{"example.org", P "bob; rua=mailto:a@example.org"}}, "fail none example.org"},
	{"long name", DEEP, "dkim:example.org", {{"example.org", P "reject"}},
		"pass reject example.org dkim"},
	{"record of a skipped label", DEEP, "", {{"c.d.e.f.g.h.i.j.example.org", P "reject"}},
		"none"},
	{"DNS error at the author", "example.org", "dkim:example.org", {{"example.org", "!"}},
		"temperror dkim"},
	{"DNS error, parent signs", "a.example.org", "dkim:example.org", {{"a.example.org", "!"}},
		"temperror dkim?"},
	{"DNS error above", "a.example.org", "", {{"example.org", "!"}}, "temperror"},
	{"DNS error above, own record, identical", "a.example.org", "dkim:a.example.org",
		{{"a.example.org", P "reject"}, {"example.org", "!"}}, "pass reject dkim"},
	{"DNS error above, own record, cousin", "a.example.org", "dkim:b.example.org",
		{{"a.example.org", P "reject"}, {"example.org", "!"}}, "temperror dkim?"},
	{"DNS error beyond psd=n", "a.example.org", "dkim:a.example.org",
		{{"a.example.org", P "reject; psd=n"}, {"example.org", "!"}},
		"pass reject a.example.org dkim"},
	{"SPF may align", "example.org", "spf?example.org", {{"example.org", P "reject"}},
		"temperror"},
	{"SPF may be good, of a stranger", "example.org", "spf?example.com",
		{{"example.org", P "reject"}}, "fail reject example.org"},
	{"SPF may align, DKIM does", "example.org", "spf?example.org dkim:example.org",
		{{"example.org", P "reject"}}, "pass reject example.org dkim"},
	{"DKIM may align", "example.org", "dkim?a.example.org", {{"example.org", P "reject"}},
		"temperror dkim?"},
	{"case", "example.org", "dkim:EXAMPLE.org", {{"example.org", P "reject"}},
		"pass reject example.org dkim"},
	{"answer is late", "example.org", "", {{"example.org", "~"}}, "pending"},
	{"np answer is late", "a.example.org", "",
		{{"example.org", P "none; np=reject"}, {"=a.example.org", "~"}}, "pending"},
};

static void
evaluates(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dmarc_outcome o = evaluate(cases[i].author, cases[i].ids, cases[i].zone);
		bool policy = o.verdict == DMARC_PASS || o.verdict == DMARC_FAIL;
		char got[200];

		snprintf(got, sizeof(got), "%s%s%s%s%.*s%s", dmarc_query_verdict_name(o.verdict),
			policy ? " " : "",
			policy ? o.policy_known ? dmarc_record_policy_name(o.policy) : "?" : "",
			o.org.p ? " " : "", VIEW_ARG(o.org),
			o.dkim_aligned == DMARC_YES     ? " dkim"
			: o.dkim_aligned == DMARC_MAYBE ? " dkim?"
							: "");
		UNIT_CASE(strcmp(got, cases[i].want) == 0, cases[i].title);
		if (strcmp(got, cases[i].want) != 0)
			printf("  %s: got \"%s\", want \"%s\"\n", cases[i].title, got,
				cases[i].want);
		UNIT_CASE(o.verdict != DMARC_UNKNOWN || o.why, cases[i].title);
	}
}

static void
counts(void)
{
	static const struct record none[ZONE] = {{0}}, late[ZONE] = {{DEEP, "~"}};
	static const struct {
		const char *author;
		size_t asked;
	} rows[] = {{"org", 1}, {"example.org", 2}, {"b.c.d.e.f.example.org", 7},
		{"a.b.c.d.e.f.example.org", 8}, {"z.a.b.c.d.e.f.example.org", 8}, {DEEP, 8}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		dns.n_asked = 0;
		evaluate(rows[i].author, "dkim:stranger.example", none);
		UNIT_CASE(dns.n_asked == rows[i].asked, rows[i].author);
	}
	CU_ASSERT_EQUAL(domain_labels(VIEW(DEEP)), 12);
	UNIT_VIEW(view_str(dns.asked[0]), "_dmarc." DEEP);
	UNIT_VIEW(view_str(dns.asked[1]), "_dmarc.f.g.h.i.j.example.org");
	UNIT_VIEW(view_str(dns.asked[7]), "_dmarc.org");
	dns.n_asked = 0;
	evaluate(DEEP, "", late);
	CU_ASSERT_EQUAL(dns.n_asked, 8); /* all at once, though the first is on its way */
}

/* Evaluated again with what has come, it says the same as if all had been there. */
static void
restarts(void)
{
	dns.late = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		UNIT_CASE(evaluate(cases[i].author, cases[i].ids, cases[i].zone).verdict ==
				  DMARC_PENDING,
			cases[i].title);
	dns.late = false;
	evaluates();
}

/* A name of full length has no room for "_dmarc.": the resolver says so, nothing overflows. */
static void
longest_name(void)
{
	static const struct record none[ZONE] = {{0}};
	char name[DOMAIN_MAX + 1];

	memset(name, 'a', DOMAIN_MAX);
	for (int i = 50; i < DOMAIN_MAX; i += 51)
		name[i] = '.';
	name[DOMAIN_MAX] = '\0';
	CU_ASSERT_EQUAL(evaluate(name, "", none).verdict, DMARC_NO_RECORD);
	CU_ASSERT_EQUAL(evaluate("", "", none).verdict, DMARC_NO_RECORD);
}

static void
old_way(void)
{
	static const struct {
		const char *title, *author, *ids;
		struct record zone[ZONE];
		enum dmarc_verdict verdict;
		enum dmarc_policy policy;
	} rows[] = {
		{"same", "example.org", "", {{"example.org", P "reject"}}, DMARC_FAIL,
			DMARC_REJECT},
		{"sp", "a.example.org", "", {{"example.org", P "reject; sp=none"}}, DMARC_FAIL,
			DMARC_NONE},
		{"t=y is unknown there", "example.org", "", {{"example.org", P "reject; t=y"}},
			DMARC_FAIL, DMARC_REJECT},
		{"psd=n is unknown there", "a.b.example.org", "dkim:example.org",
			{{"b.example.org", P "reject; psd=n"}, {"example.org", P "none"}},
			DMARC_PASS, DMARC_NONE},
		{"public suffix", "a.github.io", "dkim:b.github.io",
			{{"io", P "reject; psd=y"}, {"github.io", P "none"}}, DMARC_NO_RECORD,
			DMARC_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct dmarc_outcome o = evaluate(rows[i].author, rows[i].ids, rows[i].zone);

		UNIT_CASE(o.compared, rows[i].title);
		UNIT_CASE(o.old_verdict == rows[i].verdict, rows[i].title);
		UNIT_CASE(o.old_verdict == DMARC_NO_RECORD || o.old_policy == rows[i].policy,
			rows[i].title);
	}
}

static const struct unit_test tests[] = {
	{"evaluates", evaluates},
	{"asks at most eight names, at once", counts},
	{"waits and starts again", restarts},
	{"survives long and empty names", longest_name},
	{"compares with RFC 7489", old_way},
};

int
main(void)
{
	return unit_main("mail/dmarc/dmarc_query", tests, sizeof(tests) / sizeof(*tests));
}
