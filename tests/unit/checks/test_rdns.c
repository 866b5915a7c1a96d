/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/rdns.h"

#include "tests/unit/checks/fake_check.c"

enum row { PTR, NAME, FCRDNS, DYNAMIC };
#define REV "7.2.0.192.in-addr.arpa"
#define TEN "a.x a.x a.x a.x a.x a.x a.x a.x a.x a.x"

static const struct {
	const char *name, *ip;
	struct fake_dns dns[4];
	const char *ptr, *host, *fcrdns, *dynamic, *iprev;
} cases[] = {
	{"no PTR", "192.0.2.7", {{0}}, "-", "-", "no", "no", "permerror"},
	{"PTR of another type only", "192.0.2.7", {{REV, DNS_PTR, ""}}, "-", "-", "no", "no", "permerror"},
	{"PTR fails", "192.0.2.7", {{REV, DNS_PTR, "!SERVFAIL"}}, "?SERVFAIL", "?SERVFAIL", "?SERVFAIL",
		"?SERVFAIL", "temperror"},
	{"PTR never comes", "192.0.2.7", {{REV, DNS_PTR, "~"}}, "...", "...", "...", "...", ""},
	{"confirmed", "192.0.2.7", {{REV, DNS_PTR, "mx.example.com"},
		{"mx.example.com", DNS_A, "192.0.2.1 192.0.2.7"}}, "mx.example.com", "mx.example.com", "yes",
		"no", "pass"},
	{"not confirmed", "192.0.2.7", {{REV, DNS_PTR, "mx.example.com"},
		{"mx.example.com", DNS_A, "192.0.2.1"}}, "mx.example.com", "-", "no", "no", "fail"},
	{"name does not exist", "192.0.2.7", {{REV, DNS_PTR, "mx.example.com"}}, "mx.example.com", "-",
		"no", "no", "fail"},
	{"confirmation fails", "192.0.2.7", {{REV, DNS_PTR, "mx.example.com"},
		{"mx.example.com", DNS_A, "!timeout"}}, "mx.example.com", "?timeout", "?timeout", "no",
		"temperror"},
	{"second name confirms, first fails", "192.0.2.7", {{REV, DNS_PTR, "a.example b.example"},
		{"a.example", DNS_A, "!timeout"}, {"b.example", DNS_A, "192.0.2.7"}}, "a.example",
		"b.example", "yes", "no", "pass"},
	{"one fails, one says no", "192.0.2.7", {{REV, DNS_PTR, "a.example b.example"},
		{"a.example", DNS_A, "192.0.2.9"}, {"b.example", DNS_A, "!SERVFAIL"}}, "a.example",
		"?SERVFAIL", "?SERVFAIL", "no", "temperror"},
	{"the faster answer does not win", "192.0.2.7", {{REV, DNS_PTR, "a.example b.example"},
		{"a.example", DNS_A, "~"}, {"b.example", DNS_A, "192.0.2.7"}}, "a.example", "...", "...",
		"no", ""},
	{"eleventh name is not asked", "192.0.2.7", {{REV, DNS_PTR, TEN " b.example"},
		{"b.example", DNS_A, "192.0.2.7"}}, "a.x", "-", "no", "no", "fail"},
	{"IPv6", "2001:db8::7", {{"7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		DNS_PTR, "six.example"}, {"six.example", DNS_AAAA, "2001:db8::7"}}, "six.example",
		"six.example", "yes", "no", "pass"},
	{"dynamic", "192.0.2.7", {{REV, DNS_PTR, "dsl-192-0-2-7.example.net"}}, "dsl-192-0-2-7.example.net",
		"-", "no", "yes", "fail"},
	{"one of two dynamic", "192.0.2.7", {{REV, DNS_PTR, "dsl-192-0-2-7.example.net mx.example.com"}},
		"dsl-192-0-2-7.example.net", "-", "no", "no", "fail"},
	{"local submission", NULL, {{0}}, "-", "-", "no", "no", ""},
};

static void
table(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = 0;
		struct ip ip;
		struct check_call *c;

		while (n < 4 && cases[i].dns[n].name)
			n++;
		c = fake_new(&rdns_check, STAGE_CONNECT, cases[i].dns, n);
		if (cases[i].ip && ip_parse(view_str(cases[i].ip), &ip))
			c->client.ip = &ip;
		fake_run(c);
		UNIT_CASE(fake_is(c, PTR, cases[i].ptr), cases[i].name);
		UNIT_CASE(fake_is(c, NAME, cases[i].host), cases[i].name);
		UNIT_CASE(fake_is(c, FCRDNS, cases[i].fcrdns), cases[i].name);
		UNIT_CASE(fake_is(c, DYNAMIC, cases[i].dynamic), cases[i].name);
		UNIT_CASE(view_eq_str(c->report.result, cases[i].iprev), cases[i].name);
		UNIT_CASE(c->reports == (cases[i].iprev[0] ? 1 : 0), cases[i].name);
		fake_done(c);
	}
}

static void
parallel(void)
{
	static const struct fake_dns dns[] = {{REV, DNS_PTR, "a.example b.example c.example"}};
	struct ip ip;
	struct check_call *c = fake_new(&rdns_check, STAGE_CONNECT, dns, 1);

	ip_parse(VIEW("192.0.2.7"), &ip);
	c->client.ip = &ip;
	fake_run(c);
	CU_ASSERT_EQUAL(c->n_asked, 4);
	for (size_t i = 1; i < c->n_asked; i++)
		CU_ASSERT_EQUAL(c->asked[i].round, 2);
	UNIT_VIEW(c->report.prop[0].value, "192.0.2.7");
	fake_done(c);
}

static void
lazy(void)
{
	static const struct fake_dns dns[] = {{REV, DNS_PTR, "a.example"}};
	struct ip ip;
	struct check_call *c = fake_new(&rdns_check, STAGE_CONNECT, dns, 1);

	ip_parse(VIEW("192.0.2.7"), &ip);
	c->client.ip = &ip;
	c->unwanted[NAME] = c->unwanted[FCRDNS] = true;
	fake_run(c);
	CU_ASSERT_EQUAL(c->n_asked, 1);
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"iprev", table},
	{"all names are asked at once", parallel},
	{"only PTR when only PTR is wanted", lazy},
};

int
main(void)
{
	return unit_main("checks/rdns", tests, sizeof(tests) / sizeof(*tests));
}
