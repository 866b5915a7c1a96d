/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received.h"
#include "tests/lib/unit.h"

static const struct {
	const char *name;
	struct view in;
	const char *helo, *ip, *by; /* NULL helo: no from clause; "": absent */
} clause_cases[] = {
	{"Postfix",
		VIEW("from h.example (n.example [192.0.2.1])\r\n\t(using TLSv1.3)\r\n\tby "
		     "mx.example (Postfix) with ESMTPS id 1; date"),
		"h.example", "192.0.2.1", "mx.example"},
	{"Postfix, IPv6", VIEW("from h (unknown [IPv6:2001:db8::1]) by m"), "h", "2001:db8::1",
		"m"},
	{"Postfix, HELO is a literal", VIEW("from [9.9.9.9] (n.example [192.0.2.1]) by m"),
		"[9.9.9.9]", "192.0.2.1", "m"},
	{"Postfix, no address", VIEW("from [9.9.9.9] (unknown [unknown]) by m"), "[9.9.9.9]",
		"none", "m"},
	{"Postfix, local", VIEW("by mx.example (Postfix, from userid 0)"), NULL, "none", ""},
	{"Sendmail", VIEW("from h.example (n.example [192.0.2.1]) by m (8.17/8.17) with SMTP"),
		"h.example", "192.0.2.1", "m"},
	{"Sendmail, forged", VIEW("from h (n.example [192.0.2.1] (may be forged)) by m"), "h",
		"192.0.2.1", "m"},
	{"Sendmail, ident", VIEW("from h (IDENT:u@n.example [192.0.2.1]) by m"), "h", "192.0.2.1",
		"m"},
	{"Sendmail, mapped", VIEW("from h (n [IPv6:::ffff:192.0.2.1]) by m"), "h", "192.0.2.1",
		"m"},
	{"host is named helo", VIEW("from [9.9.9.9] (helo [192.0.2.1]) by m"), "[192.0.2.1]",
		"none", "m"},
	{"host is named as an address", VIEW("from h (9.9.9.9 [192.0.2.1]) by m"), "h", "192.0.2.1",
		"m"},
	{"Exim", VIEW("from n.example ([192.0.2.1] helo=h) by m with esmtp"), "h", "192.0.2.1",
		"m"},
	{"Exim, port", VIEW("from n.example ([192.0.2.1]:4711 helo=h) by m"), "h", "192.0.2.1",
		"m"},
	{"Exim, no name", VIEW("from [192.0.2.1] (helo=h) by m"), "h", "192.0.2.1", "m"},
	{"Exim, no name, port", VIEW("from [2001:db8::1]:4711 (helo=h) by m"), "h", "2001:db8::1",
		"m"},
	{"Exim, HELO is a literal", VIEW("from n ([192.0.2.1] helo=[9.9.9.9]) by m"), "[9.9.9.9]",
		"192.0.2.1", "m"},
	{"Exim, HELO first", VIEW("from [192.0.2.1] (helo=[9.9.9.9]) by m"), "[9.9.9.9]",
		"192.0.2.1", "m"},
	{"Exim, nothing more", VIEW("from [192.0.2.1] by m"), "[192.0.2.1]", "192.0.2.1", "m"},
	{"Exchange",
		VIEW("from A.example (192.0.2.1) by B.example (192.0.2.2) with Microsoft "
		     "SMTP"),
		"A.example", "192.0.2.1", "B.example"},
	{"Exchange, zone", VIEW("from A (fe80::1%12) by B"), "A", "fe80::1", "B"},
	{"qmail", VIEW("from unknown (HELO h.example) (192.0.2.1)\n  by m with SMTP"), "h.example",
		"192.0.2.1", "m"},
	{"qmail, ident", VIEW("from n (HELO h) (u@192.0.2.1) by m"), "h", "192.0.2.1", "m"},
	{"qmail, HELO is a literal", VIEW("from n (HELO [9.9.9.9]) (192.0.2.1) by m"), "[9.9.9.9]",
		"192.0.2.1", "m"},
	{"qmail, HELO is an address", VIEW("from n (HELO 9.9.9.9) by m"), "9.9.9.9", "none", "m"},
	{"address first", VIEW("from 192.0.2.1 (EHLO h) by m"), "h", "192.0.2.1", "m"},
	{"bare address could be a HELO", VIEW("from 9.9.9.9 by m"), "9.9.9.9", "none", "m"},
	{"address among words is a name", VIEW("from h (9.9.9.9 is nice) by m"), "h", "none", "m"},
	{"address as last word is a name", VIEW("from h (is 9.9.9.9) by m"), "h", "none", "m"},
	{"no comment", VIEW("from h by m"), "h", "none", "m"},
	{"address behind by", VIEW("from h by m (m [192.0.2.9])"), "h", "none", "m"},
	{"only from", VIEW("from"), "", "none", ""},
	{"no HELO", VIEW("from (n [192.0.2.1]) by m"), "", "192.0.2.1", "m"},
	{"case", VIEW("FROM h (n [192.0.2.1]) BY m"), "h", "192.0.2.1", "m"},
	{"comment first", VIEW("(x) from h (n [192.0.2.1]) by (y) m;z"), "h", "192.0.2.1", "m"},
	{"unclosed comment", VIEW("from h (n [192.0.2.1] by m"), "h", "192.0.2.1", ""},
	{"date without by", VIEW("from h (n [192.0.2.1]); by x"), "h", "192.0.2.1", ""},
	{"nothing behind by", VIEW("from h by"), "h", "none", ""},
	{"words between", VIEW("from mail pickup service by m"), "mail", "none", "m"},
	{"bad address", VIEW("from h (n [192.0.2.256]) by m"), "h", "none", "m"},
	{"text behind the bracket", VIEW("from h (n [192.0.2.1]x) by m"), "h", "none", "m"},
	{"NUL", VIEW("from h\0 (n [192.0.2.1]) by m"), "h", "192.0.2.1", "m"},
	{"not the word", VIEW("fromh (n [192.0.2.1])"), NULL, "none", ""},
	{"empty", VIEW(""), NULL, "none", ""},
};

static void
clauses(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(clause_cases) / sizeof(*clause_cases); i++) {
		struct received got = {{NULL, 0}, {0}, {NULL, 0}};
		char ip[IP_TEXT_MAX];

		UNIT_CASE(received_parse(clause_cases[i].in, a, &got) ==
				  (clause_cases[i].helo != NULL),
			clause_cases[i].name);
		ip_format(&got.ip, ip);
		UNIT_CASE(strcmp(ip, clause_cases[i].ip) == 0, clause_cases[i].name);
		UNIT_CASE(view_eq_str(got.helo, clause_cases[i].helo ? clause_cases[i].helo : ""),
			clause_cases[i].name);
		UNIT_CASE(!got.helo.p == !got.helo.n, clause_cases[i].name);
		UNIT_CASE(view_eq_str(got.by, clause_cases[i].by), clause_cases[i].name);
		UNIT_CASE(!got.by.p == !got.by.n, clause_cases[i].name);
	}
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"from clauses of mailers", clauses},
};

int
main(void)
{
	return unit_main("mail/received", tests, sizeof(tests) / sizeof(*tests));
}
