/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_macro.h"

#include <stdio.h>

#include "tests/lib/unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))

static struct spf_macro
values(const char *ip)
{
	struct spf_macro m = {
		.sender = VIEW("strong-bad@email.example.com"),
		.local = VIEW("strong-bad"),
		.origin = VIEW("email.example.com"),
		.domain = VIEW("email.example.com"),
		.helo = VIEW("mx.example.org"),
		.validated = VIEW("mx.example.org"),
		.receiver = VIEW("rcv.example.net"),
		.now = 1700000000,
	};

	if (!ip_parse(view_str(ip), &m.ip))
		CU_FAIL("address");
	return m;
}

/* RFC 7208 section 7.4, and the corners of 7.1 to 7.3. */
static const struct {
	const char *spec, *want;
} domains[] = {
	{"%{s}", "strong-bad@email.example.com"},
	{"%{o}", "email.example.com"},
	{"%{d}", "email.example.com"},
	{"%{d4}", "email.example.com"},
	{"%{d3}", "email.example.com"},
	{"%{d2}", "example.com"},
	{"%{d1}", "com"},
	{"%{dr}", "com.example.email"},
	{"%{d2r}", "example.email"},
	{"%{l}", "strong-bad"},
	{"%{l-}", "strong.bad"},
	{"%{lr}", "strong-bad"},
	{"%{lr-}", "bad.strong"},
	{"%{l1r-}", "strong"},
	{"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
	{"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
	{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
	{"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
	{"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
	{"%{p}", "mx.example.org"},
	{"%{h}", "mx.example.org"},
	{"%{D2}", "example.com"},
	{"%{S}", "strong-bad%40email.example.com"},
	{"%{d9999999999999999999999}", "email.example.com"},
	{"%{d01}", "com"},
	{"%{sr.-}", "com.example.bad@email.strong"},
	{"%{s2r@}.com", NULL},
	{"%{l1-}.%{l1r-}", "bad.strong"},
	{"%%.%_.%-.%{d1}", "%. .%20.com"},
	{"a.example.", "a.example"},
};

static void
expands_domains(void)
{
	struct spf_macro m = values("192.0.2.3");
	char out[DOMAIN_MAX];

	for (size_t i = 0; i < N(domains); i++) {
		struct view spec = view_str(domains[i].spec);

		UNIT_CASE(spf_macro_domain_ok(spec) == (domains[i].want != NULL), domains[i].spec);
		if (domains[i].want)
			UNIT_VIEW(spf_macro_domain(spec, &m, out), domains[i].want);
	}
}

static void
expands_ipv6(void)
{
	struct spf_macro m = values("2001:db8::cb01");
	char out[DOMAIN_MAX];

	UNIT_VIEW(spf_macro_domain(VIEW("%{ir}.%{v}._spf.%{d2}"), &m, out),
		"1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example."
		"com");
	UNIT_VIEW(spf_macro_domain(VIEW("%{i3}.x.example"), &m, out), "B.0.1.x.example");
}

/* Parts between neighbouring delimiters are parts, if empty ones. */
static void
splits_anything(void)
{
	static const struct {
		const char *local, *spec, *want;
	} cases[] = {
		{"a..b", "%{l2}.x.example", ".b.x.example"},
		{"a..b", "%{l2r}.x.example", ".a.x.example"},
		{"a+b-c=d,e/f_g.h", "%{lr+-=,/_.}.x.example", "h.g.f.e.d.c.b.a.x.example"},
		{"a+b-c", "%{l1+}.x.example", "b-c.x.example"},
		{"-", "%{l-}.x.example", "..x.example"},
		{"", "%{l}.x.example", ".x.example"},
		{"", "%{l5r-}.x.example", ".x.example"},
	};
	char out[DOMAIN_MAX];

	for (size_t i = 0; i < N(cases); i++) {
		struct spf_macro m = values("192.0.2.3");

		m.local = view_str(cases[i].local);
		UNIT_VIEW(spf_macro_domain(view_str(cases[i].spec), &m, out), cases[i].want);
	}
}

static void
checks_strings(void)
{
	static const char *const good[] = {
		"", "abc", "%%", "%{c}%{r}%{t}", "%{S1r.-+,/_=}x", "!\"#$&'~"};
	static const char *const bad[] = {"%", "a%", "%x", "%{", "%{}", "%{s", "%{z}", "%{s0}",
		"%{s00}", "%{s1x}", "%{s.r}", "%{s r}", "a b", "\x7f", "\x80", "\t", "%{s@}"};
	static const char *const no_domain[] = {"", "com", "com.", "x.", ".", "x..", "x.-a", "x.a-",
		"x.1", "x.a_b", "%{d}.", "%{c}", "%{r}.com", "%{t}.com", "%{d}com"};

	for (size_t i = 0; i < N(good); i++)
		UNIT_CASE(spf_macro_string_ok(view_str(good[i])), good[i]);
	for (size_t i = 0; i < N(bad); i++) {
		UNIT_CASE(!spf_macro_string_ok(view_str(bad[i])), bad[i]);
		UNIT_CASE(!spf_macro_domain_ok(view_str(bad[i])), bad[i]);
	}
	for (size_t i = 0; i < N(no_domain); i++)
		UNIT_CASE(!spf_macro_domain_ok(view_str(no_domain[i])), no_domain[i]);
}

static void
finds_validated(void)
{
	CU_ASSERT(spf_macro_wants_validated(VIEW("a.%{P1r}.example")));
	CU_ASSERT(!spf_macro_wants_validated(VIEW("p.%%{p}.%{d}")));
}

/* Section 7.3: labels go from the left until 253 bytes are left. */
static void
shortens_names(void)
{
	struct spf_macro m = values("192.0.2.3");
	char label[64], spec[600] = "", out[DOMAIN_MAX], want[300] = "";
	struct view got;

	memset(label, 'x', 63);
	label[63] = 0;
	for (int i = 0; i < 4; i++)
		snprintf(spec + strlen(spec), sizeof(spec) - strlen(spec), "%s.", label);
	snprintf(spec + strlen(spec), sizeof(spec) - strlen(spec), "%s", "example.com");
	for (int i = 0; i < 3; i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s.", label);
	snprintf(want + strlen(want), sizeof(want) - strlen(want), "example.com");
	got = spf_macro_domain(view_str(spec), &m, out);
	UNIT_VIEW(got, want);
	memset(spec, 'y', 254);
	spec[254] = 0;
	CU_ASSERT(spf_macro_domain(view_str(spec), &m, out).n == 0);
	spec[253] = 0;
	CU_ASSERT(spf_macro_domain(view_str(spec), &m, out).n == 253);
}

/* Many macros in one record draw no more than SPF_EXPANSION_MAX bytes. */
static void
has_a_ceiling(void)
{
	struct spf_macro m = values("192.0.2.3");
	struct arena *a = arena_new();
	char out[DOMAIN_MAX];
	static char text[4001];

	for (size_t i = 0; i < 4000; i += 4)
		memcpy(text + i, "%{S}", 4);
	CU_ASSERT(spf_macro_domain_ok(view_of(text, 4000)));
	CU_ASSERT(spf_macro_domain(view_of(text, 4000), &m, out).n == 0);
	CU_ASSERT(!spf_macro_explain(view_of(text, 4000), &m, a).p);
	memset(text, 'x', 4000);
	CU_ASSERT(
		spf_macro_explain(view_of(text, SPF_EXPANSION_MAX), &m, a).n == SPF_EXPANSION_MAX);
	CU_ASSERT(!spf_macro_explain(view_of(text, SPF_EXPANSION_MAX + 1), &m, a).p);
	arena_free(a);
}

static void
explains(void)
{
	struct spf_macro m = values("2001:db8::1");
	struct arena *a = arena_new();

	UNIT_VIEW(spf_macro_explain(
			  VIEW("%{c} of %{o} at %{r}, %{t}: see http://x.example/?s=%{S}."), &m, a),
		"2001:db8::1 of email.example.com at rcv.example.net, 1700000000: "
		"see http://x.example/?s=strong-bad%40email.example.com.");
	UNIT_VIEW(spf_macro_explain(VIEW(""), &m, a), "");
	CU_ASSERT(!spf_macro_explain(VIEW("The %{x}-files."), &m, a).p);
	CU_ASSERT(!spf_macro_explain(VIEW("\xef\xbb\xbfx"), &m, a).p);
	CU_ASSERT(!spf_macro_explain(VIEW("two\r\nlines"), &m, a).p);
	CU_ASSERT(!spf_macro_explain(VIEW("tab\t"), &m, a).p);
	m.receiver = m.validated = view_of(NULL, 0);
	UNIT_VIEW(spf_macro_explain(VIEW("%{r} %{p}"), &m, a), "unknown unknown");
	arena_free(a);
}

/* The sender's words cannot forge a line in a reply. */
static void
explanations_are_printable(void)
{
	struct spf_macro m = values("192.0.2.3");
	struct arena *a = arena_new();

	m.local = VIEW("a\r\n250 ok\0\xc3\xa9");
	UNIT_VIEW(spf_macro_explain(VIEW("%{l}"), &m, a), "a??250 ok???");
	UNIT_VIEW(spf_macro_explain(VIEW("%{L}"), &m, a), "a%0D%0A250%20ok%00%C3%A9");
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"expands domain-specs", expands_domains},
	{"expands IPv6 addresses", expands_ipv6},
	{"splits at any delimiter", splits_anything},
	{"checks syntax", checks_strings},
	{"finds %{p}", finds_validated},
	{"shortens names from the left", shortens_names},
	{"expansions have a ceiling", has_a_ceiling},
	{"expands explanations", explains},
	{"explanations are printable", explanations_are_printable},
};

int
main(void)
{
	return unit_main("mail/spf/spf_macro", tests, N(tests));
}
