/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_record.h"

#include <stdio.h>

#include "tests/lib/unit.h"
#include "util/limits.h"

#define V    "v=spf1 "
#define N(a) (sizeof(a) / sizeof(*(a)))

/* Each is one term of an otherwise empty record. */
static const struct good {
	const char *text;
	enum spf_kind kind;
	char qualifier;
	const char *spec; /* NULL: absent */
	uint8_t bits4, bits6;
} good[] = {
	{"all", SPF_TERM_ALL, '+', NULL, 32, 128},
	{"-ALL", SPF_TERM_ALL, '-', NULL, 32, 128},
	{"?all", SPF_TERM_ALL, '?', NULL, 32, 128},
	{"~all", SPF_TERM_ALL, '~', NULL, 32, 128},
	{"a", SPF_TERM_A, '+', NULL, 32, 128},
	{"a/0", SPF_TERM_A, '+', NULL, 0, 128},
	{"a//0", SPF_TERM_A, '+', NULL, 32, 0},
	{"a/24//64", SPF_TERM_A, '+', NULL, 24, 64},
	{"+A:x.example/24", SPF_TERM_A, '+', "x.example", 24, 128},
	{"a:x.example.//96", SPF_TERM_A, '+', "x.example.", 32, 96},
	{"a:x/1/y.example", SPF_TERM_A, '+', "x/1/y.example", 32, 128},
	{"a:x:8080.example", SPF_TERM_A, '+', "x:8080.example", 32, 128},
	{"a:%{d}/8", SPF_TERM_A, '+', "%{d}", 8, 128},
	{"a:.example", SPF_TERM_A, '+', ".example", 32, 128},
	{"a:x.xn--zckzah", SPF_TERM_A, '+', "x.xn--zckzah", 32, 128},
	{"a:x.1-2", SPF_TERM_A, '+', "x.1-2", 32, 128},
	{"a:%%", SPF_TERM_A, '+', "%%", 32, 128},
	{"~mx:x.example/9//9", SPF_TERM_MX, '~', "x.example", 9, 9},
	{"ptr", SPF_TERM_PTR, '+', NULL, 32, 128},
	{"ptr:x.example", SPF_TERM_PTR, '+', "x.example", 32, 128},
	{"ip4:192.0.2.0/24", SPF_TERM_IP4, '+', NULL, 24, 128},
	{"IP4:192.0.2.255", SPF_TERM_IP4, '+', NULL, 32, 128},
	{"ip6:2001:db8::/32", SPF_TERM_IP6, '+', NULL, 32, 32},
	{"ip6:::192.0.2.1", SPF_TERM_IP6, '+', NULL, 32, 128},
	{"ip6:::ffff:192.0.2.1/0", SPF_TERM_IP6, '+', NULL, 32, 0},
	{"include:_spf.%{d2}", SPF_TERM_INCLUDE, '+', "_spf.%{d2}", 32, 128},
	{"-exists:%{i}._s.%{h}", SPF_TERM_EXISTS, '-', "%{i}._s.%{h}", 32, 128},
	{"redirect=_spf.x.example", SPF_TERM_REDIRECT, 0, "_spf.x.example", 32, 128},
	{"Exp=%{d}", SPF_TERM_EXP, 0, "%{d}", 32, 128},
	{"moo.cow-far_out=man:dog/cat", SPF_TERM_UNKNOWN, 0, "man:dog/cat", 32, 128},
	{"default=", SPF_TERM_UNKNOWN, 0, "", 32, 128},
	{"mx=%{c}", SPF_TERM_UNKNOWN, 0, "%{c}", 32, 128},
};

static const char *const bad[] = {"-", "+", "alll", "all.", "all:x.example", "all/8",
	"-all=", "a:", "a/", "a//", "a/33", "a/032", "a//129", "a/24/64", "a/24//", "a/24///64",
	"a/x", "a:x", "a:x.", "a:x.-com", "a:x.com-", "a:192.0.2.1", "a:x.123", "a:x.com,",
	"a:x.com/24/24", "a:x.example:8080", "a:x\x80.com", "a:x.com\t", "a:x.com\r", "a:%",
	"a:%{x}.com", "a:%{c}", "a:%{d0}", "a:%{d", "a:%{}", "a:%{dd}", "a:%{d-x}", "a:%{dr2}",
	"a:%{d}com", "a:%(d}.com", "ptr/0", "ptr:", "include", "include:", "include:x.com/24",
	"exists", "exists:", "exists:x.com/8", "ip4", "ip4:", "ip4:1.2.3", "ip4:1.2.3.4/33",
	"ip4:1.2.3.4/", "ip4:1.2.3.4/00", "ip4:1.2.3.4//8", "ip4:01.2.3.4", "ip4:1.2.3.4:25",
	"ip4:::1", "ip4:%{i}", "ip4/8", "ip6", "ip6:", "ip6:1.2.3.4", "ip6:::1/129", "ip6::::1",
	"ip6:fe80::1%eth0", "ip6:::1//8", "redirect", "redirect=", "redirect:x.com", "redirect=x",
	"-redirect=x.com", "exp=", "exp=-all", "exp=%{r}.x.com", "1up=x", "=x", "x=%", "x=%{q}",
	"x=\x81", "moo", "x/y=z", "x:y=z"};

static void
reads_terms(void)
{
	for (size_t i = 0; i < N(good); i++) {
		const struct good *g = &good[i];
		char text[200];
		struct spf_record r;
		struct spf_term t = {.text = {NULL, 0}};
		struct view rest;

		snprintf(text, sizeof(text), V " %s  ", g->text);
		UNIT_CASE(spf_record_parse(view_str(text), &r, NULL) == SPF_RECORD_OK, g->text);
		rest = r.terms;
		UNIT_CASE(spf_record_next(&rest, &t), g->text);
		UNIT_CASE(t.text.p == text + sizeof(V) && view_eq_str(t.text, g->text), g->text);
		UNIT_CASE(t.kind == g->kind && t.qualifier == g->qualifier, g->text);
		UNIT_CASE(g->spec ? t.spec.p && view_eq_str(t.spec, g->spec) : !t.spec.p, g->text);
		UNIT_CASE(t.bits4 == g->bits4 && t.bits6 == g->bits6, g->text);
		UNIT_CASE(!spf_record_next(&rest, &t), g->text);
	}
}

static void
refuses_terms(void)
{
	for (size_t i = 0; i < N(bad); i++) {
		char text[200];
		struct spf_record r;
		struct spf_record_flaw flaw = {.why = NULL};
		enum spf_record_status got;

		/* Behind what decides: errors count anywhere (section 4.6). */
		snprintf(text, sizeof(text), V "-all %s", bad[i]);
		got = spf_record_parse(view_str(text), &r, &flaw);
		UNIT_CASE(got == SPF_RECORD_BAD && flaw.why, bad[i]);
		UNIT_CASE(view_eq_str(flaw.term, bad[i]) && flaw.at == sizeof(V "-all"), bad[i]);
	}
}

static void
nul_is_a_byte(void)
{
	struct spf_record r;

	CU_ASSERT(spf_record_parse(VIEW(V "a:x.example\0 -all"), &r, NULL) == SPF_RECORD_BAD);
	CU_ASSERT(spf_record_parse(VIEW("v=spf1\0"), &r, NULL) == SPF_RECORD_OTHER);
	CU_ASSERT(spf_record_parse(VIEW(V "\0"), &r, NULL) == SPF_RECORD_BAD);
}

static void
versions(void)
{
	static const char *const other[] = {"", "v=spf", "v=spf10", "v=spf1mx", "v=spf1\t-all",
		"v=spf2.0/pra", " v=spf1", "\xef\xbb\xbfv=spf1", "spf1 -all"};
	static const char *const ours[] = {"v=spf1", "V=SpF1", "v=spf1 ", "v=spf1   -all  "};
	struct spf_record r;

	for (size_t i = 0; i < N(other); i++)
		UNIT_CASE(spf_record_parse(view_str(other[i]), &r, NULL) == SPF_RECORD_OTHER,
			other[i]);
	for (size_t i = 0; i < N(ours); i++)
		UNIT_CASE(spf_record_parse(view_str(ours[i]), &r, NULL) == SPF_RECORD_OK, ours[i]);
	CU_ASSERT(spf_record_parse(view_of(NULL, 0), &r, NULL) == SPF_RECORD_OTHER);
}

static void
modifiers_once(void)
{
	static const char *const twice[] = {"exp=a.example -all exp=b.example",
		"redirect=a.example redirect=a.example", "EXP=a.example exp=a.example"};
	struct spf_record r;
	struct spf_record_flaw flaw;
	char text[100];

	for (size_t i = 0; i < N(twice); i++) {
		snprintf(text, sizeof(text), V "%s", twice[i]);
		UNIT_CASE(spf_record_parse(view_str(text), &r, &flaw) == SPF_RECORD_BAD, twice[i]);
		UNIT_CASE(strcmp(flaw.why, "modifier given twice") == 0, twice[i]);
	}
	CU_ASSERT(spf_record_parse(VIEW(V "x=1 x=1 exp=e.example redirect=r.example"), &r, NULL) ==
		  SPF_RECORD_OK);
	UNIT_VIEW(r.exp, "e.example");
	UNIT_VIEW(r.redirect, "r.example");
}

static void
counts_asking_terms(void)
{
	static const struct {
		const char *text;
		unsigned asking;
		bool all;
	} cases[] = {
		{V "ip4:192.0.2.1 ip6:::1 x=y exp=e.example", 0, false},
		{V "a mx ptr include:i.example exists:e.example", 5, false},
		{V "redirect=r.example a", 2, false},
		{V "redirect=r.example a -all mx", 1, true},
		{V "-all a mx", 0, true},
	};
	struct spf_record r;

	for (size_t i = 0; i < N(cases); i++) {
		UNIT_CASE(spf_record_parse(view_str(cases[i].text), &r, NULL) == SPF_RECORD_OK,
			cases[i].text);
		UNIT_CASE(r.asking == cases[i].asking && r.has_all == cases[i].all, cases[i].text);
	}
}

static void
mapped_networks_are_ipv6(void)
{
	struct spf_record r;
	struct spf_term t;
	struct view rest;

	CU_ASSERT_FATAL(
		spf_record_parse(VIEW(V "ip6:::ffff:192.0.2.1"), &r, NULL) == SPF_RECORD_OK);
	rest = r.terms;
	CU_ASSERT_FATAL(spf_record_next(&rest, &t));
	CU_ASSERT(
		t.ip.family == 6 && t.ip.b[10] == 0xff && t.ip.b[11] == 0xff && t.ip.b[12] == 192);
}

static void
has_a_ceiling(void)
{
	static char text[SPF_RECORD_MAX + 2] = V;
	struct spf_record r;
	struct spf_term t;
	struct view rest;
	size_t n = 0;

	for (size_t i = sizeof(V) - 1; i < sizeof(text); i++)
		text[i] = i % 2 ? 'a' : ' ';
	CU_ASSERT(spf_record_parse(view_of(text, SPF_RECORD_MAX + 1), &r, NULL) == SPF_RECORD_BAD);
	CU_ASSERT_FATAL(spf_record_parse(view_of(text, SPF_RECORD_MAX), &r, NULL) == SPF_RECORD_OK);
	for (rest = r.terms; spf_record_next(&rest, &t);)
		n++;
	CU_ASSERT(n == (SPF_RECORD_MAX - sizeof(V)) / 2 + 1 && r.asking == n);
}

static const struct unit_test tests[] = {
	{"reads each term in its place", reads_terms},
	{"refuses bad terms anywhere", refuses_terms},
	{"NUL ends nothing", nul_is_a_byte},
	{"knows its version", versions},
	{"modifiers appear once", modifiers_once},
	{"counts terms that ask", counts_asking_terms},
	{"IPv4-mapped networks stay IPv6", mapped_networks_are_ipv6},
	{"keeps every term up to its ceiling", has_a_ceiling},
};

int
main(void)
{
	return unit_main("mail/spf/spf_record", tests, N(tests));
}
