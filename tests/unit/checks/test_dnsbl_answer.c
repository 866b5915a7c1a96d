/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/unit.h"

static struct dnsbl_match sbl[] = {{.kind = DNSBL_RANGE, .low = 0x7f000002, .high = 0x7f000002}};
static struct dnsbl_match pbl[] = {{.kind = DNSBL_RANGE, .low = 0x7f00000a, .high = 0x7f00000b}};
static struct dnsbl_match net[] = {{.kind = DNSBL_NET, .net = {{4, {127, 0, 2, 0}}, 24}}};
static struct dnsbl_match bits[] = {{.kind = DNSBL_BIT, .bit = 64}};
static struct dnsbl_match own_error[] = {
	{.kind = DNSBL_RANGE, .low = 0x7f0000ff, .high = 0x7f0000ff}};
static struct dnsbl_code codes[] = {{{"sbl", 3}, sbl, 1}, {{"pbl", 3}, pbl, 1}, {{"net", 3}, net, 1}};
static struct dnsbl_code bit_codes[] = {{{"abuse", 5}, bits, 1}};
static const struct dnsbl coded = {.codes = codes, .n_codes = 3, .errors = own_error, .n_errors = 1};
static const struct dnsbl bitwise = {.codes = bit_codes, .n_codes = 1};
static const struct dnsbl plain = {0};

static size_t
addresses(const char *text, struct dns_rr *rr)
{
	struct view rest = view_str(text), one;
	size_t n = 0;

	while (rest.n && view_split(&rest, ' ', &one))
		if (!ip_parse(one, &rr[n++].ip))
			abort();
	return n;
}

static void
errors(void)
{
	static const struct {
		const struct dnsbl *d;
		const char *answer;
		bool error;
	} cases[] = {
		{&plain, "127.0.0.2", false},
		{&plain, "127.0.0.3", false},
		{&plain, "127.255.254.255", false},
		{&plain, "127.255.255.0", true},
		{&plain, "127.255.255.252", true},
		{&plain, "127.255.255.254", true},
		{&plain, "127.255.255.255", true},
		{&plain, "127.0.0.1", true},
		{&plain, "1.2.3.4", true},
		{&plain, "126.255.255.255", true},
		{&plain, "128.0.0.2", true},
		{&plain, "2001:db8::2", true},
		{&plain, "127.0.0.2 127.255.255.254", true},
		{&plain, "127.0.0.2 127.0.0.4", false},
		{&plain, "127.0.0.255", false},
		{&coded, "127.0.0.255", true},
		{&coded, "127.0.0.254", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dns_rr rr[4] = {0};
		size_t n = addresses(cases[i].answer, rr);

		UNIT_CASE((dnsbl_answer_error(cases[i].d, rr, n) != NULL) == cases[i].error,
			cases[i].answer);
	}
}

static void
code(void)
{
	static const struct {
		const struct dnsbl *d;
		const char *answer;
		size_t code;
		bool has;
	} cases[] = {
		{&coded, "127.0.0.2", 0, true},
		{&coded, "127.0.0.2", 1, false},
		{&coded, "127.0.0.9", 1, false},
		{&coded, "127.0.0.10", 1, true},
		{&coded, "127.0.0.11", 1, true},
		{&coded, "127.0.0.12", 1, false},
		{&coded, "127.0.0.2 127.0.0.11", 1, true},
		{&coded, "127.0.2.77", 2, true},
		{&coded, "127.0.3.77", 2, false},
		{&coded, "127.0.0.11", SIZE_MAX, true},
		{&coded, "127.0.0.77", SIZE_MAX, false},
		{&coded, "127.0.0.2", 3, false},
		{&plain, "127.0.0.77", SIZE_MAX, true},
		{&bitwise, "127.0.0.64", 0, true},
		{&bitwise, "127.0.0.80", 0, true},
		{&bitwise, "127.0.0.16", 0, false},
		{&bitwise, "127.0.64.16", 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dns_rr rr[4] = {0};
		size_t n = addresses(cases[i].answer, rr);

		UNIT_CASE(dnsbl_answer_has(cases[i].d, cases[i].code, rr, n) == cases[i].has,
			cases[i].answer);
	}
}

static void
names(void)
{
	static const struct {
		const char *value, *want; /* want NULL: nothing to ask */
	} cases[] = {
		{"192.0.2.7", "7.2.0.192.z.example"},
		{"2001:db8::7", "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.z.example"},
		{"x.example", "x.example.z.example"},
		{"x.example.", "x.example.z.example"},
		{"a_b.example", "a_b.example.z.example"},
		{"[192.0.2.7]", NULL},
		{"user pc", NULL},
		{"a@x.example", NULL},
		{"a..b", NULL},
		{"", NULL},
	};
	char out[DNSBL_NAME_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool ok = dnsbl_answer_name(view_str(cases[i].value), VIEW("z.example"), out);

		UNIT_CASE(ok == (cases[i].want != NULL), cases[i].value);
		UNIT_CASE(!ok || strcmp(out, cases[i].want) == 0, cases[i].value);
	}
	CU_ASSERT_FALSE(dnsbl_answer_name(VIEW("a\0b"), VIEW("z.example"), out));
}

/* The test entries of RFC 5782 section 5, by the suite's table: kind, name, answer ... */
static void
suite(void)
{
	static const struct {
		const char *listed, *absent;
		bool ipv6;
	} kind[] = {{"127.0.0.2", "127.0.0.1", false}, {"127.0.0.2", "127.0.0.1", true},
		{"TEST", "INVALID", false}};
	const char *path = unit_suite_file("dnsbl-rfc5782/entries.tsv");
	struct view file = path ? unit_read_file(path) : (struct view){0}, rest = file, line;
	size_t rows = 0;

	while (view_split(&rest, '\n', &line)) {
		struct view name, type;
		char want[DNSBL_NAME_MAX], got[DNSBL_NAME_MAX];
		size_t k;

		if (!line.n || line.p[0] == '#')
			continue;
		view_split(&line, '\t', &type);
		view_split(&line, '\t', &name);
		k = view_eq_str(type, "ipv4") ? 0 : view_eq_str(type, "ipv6") ? 1 : 2;
		snprintf(want, sizeof(want), "%.*s.z.example", VIEW_ARG(name));
		CU_ASSERT(dnsbl_answer_test(view_str(view_starts_nocase(line, "NXDOMAIN") ? kind[k].absent :
			kind[k].listed), kind[k].ipv6, VIEW("z.example"), got));
		UNIT_VIEW(view_str(got), want);
		rows++;
	}
	CU_ASSERT(!path || rows == 6);
	free((void *)file.p);
}

static const struct unit_test tests[] = {
	{"errors are no listings", errors},
	{"codes", code},
	{"names to ask", names},
	{"test entries of RFC 5782", suite},
};

int
main(void)
{
	return unit_main("checks/dnsbl_answer", tests, sizeof(tests) / sizeof(*tests));
}
