/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_query.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/spf_bench.h"
#include "tests/lib/unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))
#define X    "x.example "

/* Sender a@x.example, HELO h.example, client 192.0.2.1 unless it is said. */
static const struct example {
	const char *name, *zone;
	enum spf_result want;
	unsigned terms, voids;
	const char *why;
	const char *ip;
} examples[] = {
	{"no record", "", SPF_NONE, 0, 0, NULL, NULL},
	{"no SPF record", X "TXT v=spf2.0/pra -all", SPF_NONE, 0, 0, NULL, NULL},
	{"time-out", X "TIMEOUT", SPF_TEMPERROR, 0, 0, "timeout", NULL},
	{"two records", X "TXT v=spf1 -all\n" X "TXT v=spf1 -all", SPF_PERMERROR, 0, 0,
		"several SPF records", NULL},
	{"two records, one bad", X "TXT v=spf1 moo\n" X "TXT v=spf1 -all", SPF_PERMERROR, 0, 0,
		"several SPF records", NULL},
	{"a record among others", X "TXT hello\n" X "TXT v=spf10\n" X "TXT v=spf1 ~all",
		SPF_SOFTFAIL, 0, 0, NULL, NULL},
	{"empty record", X "TXT v=spf1", SPF_NEUTRAL, 0, 0, NULL, NULL},
	{"syntax error", X "TXT v=spf1 +all moo", SPF_PERMERROR, 0, 0, "unknown mechanism", NULL},
	{"ip4", X "TXT v=spf1 ip4:192.0.2.0/24 -all", SPF_PASS, 0, 0, NULL, NULL},
	{"ip4 with host bits", X "TXT v=spf1 ip4:192.0.2.200/24 -all", SPF_PASS, 0, 0, NULL, NULL},
	{"ip6 is not about IPv4", X "TXT v=spf1 ip6:::ffff:192.0.2.1 ip6:::/0 -all", SPF_FAIL, 0, 0,
		NULL, NULL},
	{"ip6", X "TXT v=spf1 ip4:0.0.0.0/0 ip6:2001:db8::/33 -all", SPF_PASS, 0, 0, NULL,
		"2001:db8::1"},
	{"IPv4-mapped client", X "TXT v=spf1 ip6:::/0 ?ip4:192.0.2.1 -all", SPF_NEUTRAL, 0, 0, NULL,
		"::ffff:192.0.2.1"},
	{"a", X "TXT v=spf1 a -all\n" X "A 192.0.2.9\n" X "A 192.0.2.1", SPF_PASS, 1, 0, NULL,
		NULL},
	{"a with length", X "TXT v=spf1 a:m.%{d}/24 -all\nm.x.example A 192.0.2.9", SPF_PASS, 1, 0,
		NULL, NULL},
	{"a, IPv6", X "TXT v=spf1 a//64 -all\n" X "A 192.0.2.1\n" X "AAAA 2001:db8::9", SPF_PASS, 1,
		0, NULL, "2001:db8::1"},
	{"a fails for now", X "TXT v=spf1 a:t.example +all\nt.example TIMEOUT", SPF_TEMPERROR, 1, 0,
		"timeout", NULL},
	{"a match before a failure",
		X "TXT v=spf1 a a:t.example -all\n" X "A 192.0.2.1\nt.example TIMEOUT", SPF_PASS, 1,
		0, NULL, NULL},
	{"mx",
		X "TXT v=spf1 mx -all\n" X "MX m1.example\n" X
		  "MX m2.example\nm1.example A 192.0.2.7\n"
		  "m2.example A 192.0.2.1",
		SPF_PASS, 1, 0, NULL, NULL},
	{"mx: an address fails before the match",
		X "TXT v=spf1 mx -all\n" X "MX m1.example\n" X "MX m2.example\n"
		  "m1.example TIMEOUT\nm2.example A 192.0.2.1",
		SPF_TEMPERROR, 1, 0, "timeout", NULL},
	{"mx: an address fails behind the match",
		X "TXT v=spf1 mx -all\n" X "MX m1.example\n" X "MX m2.example\n"
		  "m2.example TIMEOUT\nm1.example A 192.0.2.1",
		SPF_PASS, 1, 0, NULL, NULL},
	{"mx is not a", X "TXT v=spf1 mx -all\n" X "A 192.0.2.1", SPF_FAIL, 1, 1, NULL, NULL},
	{"null MX", X "TXT v=spf1 mx -all\n" X "MX ", SPF_FAIL, 1, 1, NULL, NULL},
	{"mx counts one void",
		X "TXT v=spf1 mx mx a ~all\n" X "MX m1.example\n" X "MX m2.example\n" X
		  "MX m3.example\n" X "AAAA 2001:db8::2",
		SPF_SOFTFAIL, 3, 2, NULL, "2001:db8::1"},
	{"ptr",
		X "TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR a.example\n"
		  "1.2.0.192.in-addr.arpa PTR M.X.Example\nm.x.example A 192.0.2.1",
		SPF_PASS, 1, 0, NULL, NULL},
	{"ptr without its address",
		X "TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR m.x.example\n"
		  "m.x.example A 192.0.2.2",
		SPF_FAIL, 1, 0, NULL, NULL},
	{"ptr elsewhere",
		X "TXT v=spf1 ptr:y.example -all\n1.2.0.192.in-addr.arpa PTR m.x.example\n"
		  "m.x.example A 192.0.2.1",
		SPF_FAIL, 1, 0, NULL, NULL},
	{"ptr of a name that only ends alike",
		X "TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR mx.example\n"
		  "mx.example A 192.0.2.1",
		SPF_FAIL, 1, 0, NULL, NULL},
	{"ptr fails for now: no match", X "TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa TIMEOUT",
		SPF_FAIL, 1, 0, NULL, NULL},
	{"ptr names that fail are skipped",
		X "TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa PTR n.x.example\n"
		  "1.2.0.192.in-addr.arpa PTR m.x.example\nn.x.example TIMEOUT\nm.x.example A "
		  "192.0.2.1",
		SPF_PASS, 1, 0, NULL, NULL},
	{"no PTR is a void look-up", X "TXT v=spf1 ptr -all", SPF_FAIL, 1, 1, NULL, NULL},
	{"exists",
		X "TXT v=spf1 exists:%{ir}.%{v}.%{l}.l.example -all\n1.2.0.192.in-addr.a.l.example "
		  "A 127.0.0.2",
		SPF_PASS, 1, 0, NULL, NULL},
	{"exists asks for A", X "TXT v=spf1 exists:e.example -all\ne.example AAAA ::2", SPF_FAIL, 1,
		1, NULL, "2001:db8::1"},
	{"%{p}",
		X "TXT v=spf1 exists:%{p}.l.example -all\n1.2.0.192.in-addr.arpa PTR o.example\n"
		  "1.2.0.192.in-addr.arpa PTR m.x.example\no.example A 192.0.2.1\nm.x.example A "
		  "192.0.2.1\n"
		  "m.x.example.l.example A 127.0.0.2",
		SPF_PASS, 1, 0, NULL, NULL},
	{"%{p} prefers the domain itself",
		X "TXT v=spf1 exists:%{p}.l.example -all\n"
		  "1.2.0.192.in-addr.arpa PTR m.x.example\n1.2.0.192.in-addr.arpa PTR "
		  "x.example\nm.x.example A 192.0.2.1\n" X "A 192.0.2.1\n"
		  "x.example.l.example A 127.0.0.2",
		SPF_PASS, 1, 0, NULL, NULL},
	{"%{p} unknown", X "TXT v=spf1 exists:%{p}.l.example -all\nunknown.l.example A 127.0.0.2",
		SPF_PASS, 1, 0, NULL, NULL},
	{"include passes",
		X "TXT v=spf1 ~include:i.example -all\ni.example TXT v=spf1 ip4:192.0.2.1 -all",
		SPF_SOFTFAIL, 1, 0, NULL, NULL},
	{"include fails: no match",
		X "TXT v=spf1 include:i.example ?all\ni.example TXT v=spf1 -all", SPF_NEUTRAL, 1, 0,
		NULL, NULL},
	{"include of nothing", X "TXT v=spf1 include:i.example ?all", SPF_PERMERROR, 1, 0,
		"included domain has no SPF record", NULL},
	{"include of an impossible name", X "TXT v=spf1 include:%{l}..example ?all", SPF_PERMERROR,
		1, 0, "included domain has no SPF record", NULL},
	{"include of a broken record",
		X "TXT v=spf1 include:i.example +all\ni.example TXT v=spf1 ip4:1", SPF_PERMERROR, 1,
		0, "bad IPv4 network", NULL},
	{"include fails for now", X "TXT v=spf1 include:i.example +all\ni.example TIMEOUT",
		SPF_TEMPERROR, 1, 0, "timeout", NULL},
	{"redirect",
		X "TXT v=spf1 redirect=r.example ip4:10.0.0.1\nr.example TXT v=spf1 a "
		  "~all\nr.example A 192.0.2.2",
		SPF_SOFTFAIL, 2, 0, NULL, NULL},
	{"redirect beside all", X "TXT v=spf1 redirect=r.example ?all", SPF_NEUTRAL, 0, 0, NULL,
		NULL},
	{"redirect to nothing", X "TXT v=spf1 redirect=r.example", SPF_PERMERROR, 1, 0,
		"redirect to a domain without SPF record", NULL},
	{"redirect loop", X "TXT v=spf1 redirect=x.example", SPF_PERMERROR, 11, 0,
		"too many terms that ask the DNS", NULL},
	{"include loop", X "TXT v=spf1 include:x.example ~all", SPF_PERMERROR, 11, 0,
		"too many terms that ask the DNS", NULL},
	{"ten terms", X "TXT v=spf1 a a a a a a a a a a ~all\n" X "A 192.0.2.2", SPF_SOFTFAIL, 10,
		0, NULL, NULL},
	{"eleven terms", X "TXT v=spf1 a a a a a a a a a a a ~all\n" X "A 192.0.2.2", SPF_PERMERROR,
		11, 0, "too many terms that ask the DNS", NULL},
	{"a match before the eleventh",
		X "TXT v=spf1 a a a a a a a a a ip4:192.0.2.1 a a\n" X "A 192.0.2.2", SPF_PASS, 9,
		0, NULL, NULL},
	{"two void look-ups", X "TXT v=spf1 a:1.example.com exists:2.example.com ~all",
		SPF_SOFTFAIL, 2, 2, NULL, NULL},
	{"three void look-ups", X "TXT v=spf1 a:1.example.com exists:2.example.com a +all",
		SPF_PERMERROR, 3, 3, "too many void look-ups", NULL},
	{"a third void before a failure", X "TXT v=spf1 a a a a:t.example\nt.example TIMEOUT",
		SPF_PERMERROR, 3, 3, "too many void look-ups", NULL},
	{"eleven MX names",
		X "TXT v=spf1 mx -all\n" X "MX a.example\n" X "MX a.example\n" X "MX a.example\n" X
		  "MX a.example\n" X "MX a.example\n" X "MX a.example\n" X "MX a.example\n" X
		  "MX a.example\n" X "MX a.example\n" X "MX a.example\n" X
		  "MX a.example\na.example A 192.0.2.1",
		SPF_PERMERROR, 1, 0, "too many MX names", NULL},
};

static void
evaluates(void)
{
	for (size_t i = 0; i < N(examples); i++) {
		const struct example *e = &examples[i];
		struct spf_bench b = spf_bench_new(e->zone);
		enum spf_result got;

		if (e->ip && !ip_parse(view_str(e->ip), &b.q.ip))
			abort();
		got = spf_bench_run(&b, e->name);
		UNIT_CASE(got == e->want, e->name);
		UNIT_CASE(b.out.terms == e->terms && b.out.voids == e->voids, e->name);
		UNIT_CASE(
			e->why ? b.out.why && strcmp(b.out.why, e->why) == 0 : !b.out.why, e->name);
		UNIT_VIEW(b.out.domain, "x.example");
		spf_bench_done(&b);
	}
}

/* The term that decided: of the domain's own record, or of the one that it redirects to. */
static const struct {
	const char *name, *zone, *want; /* NULL: none */
} mechanisms[] = {
	{"ip4", X "TXT v=spf1 a:b.example ip4:192.0.2.0/24 -all\nb.example A 192.0.2.9", "ip4:192.0.2.0/24"},
	{"as it is written", X "TXT v=spf1 ?IP4:192.0.2.1 -all", "?IP4:192.0.2.1"},
	{"a", X "TXT v=spf1 a +all\n" X "A 192.0.2.1", "a"},
	{"all behind what does not match", X "TXT v=spf1 a +all\n" X "A 192.0.2.9", "+all"},
	{"mx, its second name", X "TXT v=spf1 mx mx:y.example all\n" X "MX m.example\n" X
		"MX n.example\nn.example A 192.0.2.1\nm.example A 192.0.2.9", "mx"},
	{"exists", X "TXT v=spf1 exists:%{i}.example -all\n192.0.2.1.example A 127.0.0.2", "exists:%{i}.example"},
	{"an include, not what passed in it", X "TXT v=spf1 ~include:i.example -all\n"
		"i.example TXT v=spf1 ip4:192.0.2.1 -all", "~include:i.example"},
	{"behind an include", X "TXT v=spf1 include:i.example ?all\ni.example TXT v=spf1 -all", "?all"},
	{"a redirect", X "TXT v=spf1 a redirect=r.example\nr.example TXT v=spf1 -ip4:192.0.2.1\n" X "A 192.0.2.9",
		"-ip4:192.0.2.1"},
	{"nothing matched", X "TXT v=spf1 a ip4:10.0.0.1\n" X "A 192.0.2.9", NULL},
	{"nothing matched behind a redirect", X "TXT v=spf1 redirect=r.example\nr.example TXT v=spf1 mx", NULL},
	{"an error", X "TXT v=spf1 a:b.example +all\nb.example TIMEOUT", NULL},
	{"a permanent error", X "TXT v=spf1 include:i.example +all", NULL},
	{"no record", "", NULL},
};

static void
names_what_decided(void)
{
	for (size_t i = 0; i < N(mechanisms); i++) {
		struct spf_bench b = spf_bench_new(mechanisms[i].zone);

		spf_bench_run(&b, mechanisms[i].name);
		if (mechanisms[i].want)
			UNIT_VIEW(b.out.mechanism, mechanisms[i].want);
		else
			UNIT_CASE(!b.out.mechanism.p, mechanisms[i].name);
		spf_bench_done(&b);
	}
}

static void
null_sender_is_postmaster(void)
{
	struct spf_bench b =
		spf_bench_new("h.example TXT v=spf1 exists:%{l}.%{o}.%{h}.l.example -all\n"
			      "postmaster.h.example.h.example.l.example A 127.0.0.2");

	b.q.local = b.q.domain = view_of(NULL, 0);
	CU_ASSERT(spf_bench_run(&b, "null sender") == SPF_PASS);
	UNIT_VIEW(b.out.domain, "h.example");
	b.q.domain = VIEW("H.EXAMPLE.");
	CU_ASSERT(spf_bench_run(&b, "final dot") == SPF_PASS);
	spf_bench_done(&b);
}

static void
names_the_place_of_an_error(void)
{
	struct spf_bench b = spf_bench_new(X "TXT v=spf1 include:i.%{d}\ni.x.example TXT v=spf1\n"
					     "i.x.example TXT v=spf1");

	CU_ASSERT(spf_bench_run(&b, "inner domain") == SPF_PERMERROR);
	UNIT_VIEW(b.out.where, "i.x.example");
	spf_bench_done(&b);
	b = spf_bench_new(X "TXT v=spf1 redirect=i.%{d}\ni.x.example TXT v=spf1 ?all moo -all");
	CU_ASSERT(spf_bench_run(&b, "inner term") == SPF_PERMERROR);
	UNIT_VIEW(b.out.where, "moo");
	spf_bench_done(&b);
}

/* Section 4.3: not asked for at all. */
static void
malformed_domains_have_none(void)
{
	static const char *const names[] = {"", ".", "example", "example.", "a..example",
		".example", "[192.0.2.1]", "192.0.2.1", "[IPv6:::1]", "x.example..", "a.b]",
		"a123456789012345678901234567890123456789012345678901234567890123.example"};
	struct spf_bench b = spf_bench_new("");

	for (size_t i = 0; i < N(names); i++) {
		b.q.domain = view_str(names[i]);
		UNIT_CASE(spf_bench_run(&b, names[i]) == SPF_NONE, names[i]);
		UNIT_CASE(spf_zone_questions(b.zone) == 0, names[i]);
	}
	spf_bench_done(&b);
}

static void
no_client_is_none(void)
{
	struct spf_bench b = spf_bench_new(X "TXT v=spf1 +all");

	b.q.ip.family = 0;
	CU_ASSERT(spf_bench_run(&b, "no client") == SPF_NONE);
	CU_ASSERT(!b.out.domain.p && spf_zone_questions(b.zone) == 0);
	spf_bench_done(&b);
}

static const struct {
	const char *name, *zone, *want; /* NULL: none */
} explanations[] = {
	{"explained", X "TXT v=spf1 exp=e.%{d} -all\ne.x.example TXT %{i} is not %{d}",
		"192.0.2.1 is not x.example"},
	{"of the redirect's domain",
		X "TXT v=spf1 exp=e.example redirect=r.example\nr.example TXT v=spf1 -all "
		  "exp=f.example\ne.example TXT no\nf.example TXT by %{d}",
		"by r.example"},
	{"lost by a redirect",
		X "TXT v=spf1 exp=e.example redirect=r.example\nr.example TXT v=spf1 -all\n"
		  "e.example TXT no",
		NULL},
	{"not an include's",
		X "TXT v=spf1 include:i.example -all exp=e.example\ni.example TXT v=spf1 -all "
		  "exp=f.example\ne.example TXT yes\nf.example TXT no",
		"yes"},
	{"not an include's, with none here",
		X "TXT v=spf1 include:i.example -all\ni.example TXT v=spf1 -all exp=f.example\n"
		  "f.example TXT no",
		NULL},
	{"with %{p}",
		X "TXT v=spf1 -all exp=e.example\ne.example TXT %{p}\n1.2.0.192.in-addr.arpa PTR "
		  "m.example\n"
		  "m.example A 192.0.2.1",
		"m.example"},
	{"two texts", X "TXT v=spf1 -all exp=e.example\ne.example TXT a\ne.example TXT b", NULL},
	{"no text", X "TXT v=spf1 -all exp=e.example", NULL},
	{"a failure", X "TXT v=spf1 -all exp=e.example\ne.example TIMEOUT", NULL},
	{"bad syntax", X "TXT v=spf1 -all exp=e.example\ne.example TXT 100%", NULL},
	{"not ASCII", X "TXT v=spf1 -all exp=e.example\ne.example TXT \xc3\xa9", NULL},
	{"no exp", X "TXT v=spf1 -all", NULL},
	{"voids do not matter", X "TXT v=spf1 a:1.example.com a:2.example.com -all exp=e.example",
		NULL},
};

static void
explains(void)
{
	for (size_t i = 0; i < N(explanations); i++) {
		struct spf_bench b = spf_bench_new(explanations[i].zone);

		UNIT_CASE(
			spf_bench_run(&b, explanations[i].name) == SPF_FAIL, explanations[i].name);
		if (explanations[i].want)
			UNIT_VIEW(b.out.explanation, explanations[i].want);
		else
			UNIT_CASE(!b.out.explanation.p, explanations[i].name);
		b.q.explain = false;
		spf_bench_run(&b, explanations[i].name);
		UNIT_CASE(!b.out.explanation.p, explanations[i].name);
		spf_bench_done(&b);
	}
}

/* What a result that is not "fail" would say is not asked for. */
static void
asks_exp_only_for_fail(void)
{
	struct spf_bench b = spf_bench_new(X "TXT v=spf1 ~all exp=e.example\ne.example TXT no");

	CU_ASSERT(spf_bench_run(&b, "softfail") == SPF_SOFTFAIL);
	CU_ASSERT(!b.out.explanation.p && spf_zone_questions(b.zone) == 1);
	spf_bench_done(&b);
}

/* The order of terms costs no round trips: record, then all its terms, then the next level. */
static void
asks_in_parallel(void)
{
	struct spf_bench b = spf_bench_new(
		X "TXT v=spf1 a mx exists:e.example include:i.example include:j.example "
		  "redirect=r.example\n" X "A 192.0.2.2\n" X "MX m.example\nm.example A 192.0.2.3\n"
		  "e.example TXT hello\ni.example TXT v=spf1 ip4:10.0.0.1\nj.example TXT v=spf1 "
		  "ip4:10.0.0.1\n"
		  "r.example TXT v=spf1 ~all");

	CU_ASSERT(spf_zone_check(b.zone, SPF_ZONE_NEXT_ROUND, &b.q, b.a, &b.out) == SPF_SOFTFAIL);
	CU_ASSERT(spf_zone_rounds(b.zone) == 3 && spf_zone_questions(b.zone) == 8);
	spf_bench_done(&b);
}

/* Terms that were counted no longer weigh on what may be asked ahead. */
static void
asks_in_parallel_below_an_include(void)
{
	struct spf_bench b =
		spf_bench_new(X "TXT v=spf1 a a a a a include:i.example -all\n" X
				"A 192.0.2.2\ni.example TXT v=spf1 a:1.example.com "
				"a:2.example.com a:3.example.com a:4.example.com ip4:192.0.2.1\n"
				"1.example.com A 192.0.2.2\n2.example.com A 192.0.2.2\n"
				"3.example.com A 192.0.2.2\n4.example.com A 192.0.2.2");

	CU_ASSERT(spf_zone_check(b.zone, SPF_ZONE_NEXT_ROUND, &b.q, b.a, &b.out) == SPF_PASS);
	CU_ASSERT(spf_zone_rounds(b.zone) == 3 && spf_zone_questions(b.zone) == 7);
	spf_bench_done(&b);
}

static void
asks_nothing_ahead_without_need(void)
{
	struct spf_bench b =
		spf_bench_new(X "TXT v=spf1 ip4:192.0.2.1 a mx include:i.example -all");

	CU_ASSERT(spf_bench_run(&b, "ip4 first") == SPF_PASS && spf_zone_questions(b.zone) == 1);
	spf_bench_done(&b);
	b = spf_bench_new(X "TXT v=spf1 a -all a:y.example redirect=r.example\n" X "A 192.0.2.2");
	CU_ASSERT(spf_bench_run(&b, "behind all") == SPF_FAIL && spf_zone_questions(b.zone) == 2);
	spf_bench_done(&b);
}

static const struct unit_test tests[] = {
	{"evaluates, at every pace alike", evaluates},
	{"the null sender is postmaster@helo", null_sender_is_postmaster},
	{"malformed domains have no policy", malformed_domains_have_none},
	{"without client there is none", no_client_is_none},
	{"names the place of an error", names_the_place_of_an_error},
	{"names the term that decided", names_what_decided},
	{"explains fail", explains},
	{"asks for exp= only on fail", asks_exp_only_for_fail},
	{"asks in parallel", asks_in_parallel},
	{"asks in parallel below an include", asks_in_parallel_below_an_include},
	{"asks nothing ahead without need", asks_nothing_ahead_without_need},
};

int
main(void)
{
	return unit_main("mail/spf/spf_query", tests, N(tests));
}
