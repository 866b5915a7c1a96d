/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address_literal.h"

#include "tests/lib/unit.h"

static const struct {
	const char *text, *want; /* want NULL: not a literal */
} cases[] = {
	{"[192.0.2.1]", "192.0.2.1"},
	{"[IPv6:2001:db8::1]", "2001:db8::1"},
	{"[ipv6:2001:DB8::1]", "2001:db8::1"},
	{"[IPv6:::ffff:192.0.2.1]", "192.0.2.1"},
	{"192.0.2.1", NULL},
	{"[192.0.2.1", NULL},
	{"192.0.2.1]", NULL},
	{"[192.0.2.256]", NULL},
	{"[192.0.2.01]", NULL},
	{"[ 192.0.2.1]", NULL},
	{"[2001:db8::1]", NULL},
	{"[IPv6:192.0.2.1]", NULL},
	{"[IPv6:]", NULL},
	{"[IPv6:fe80::1%eth0]", NULL},
	{"[x-tag:anything]", NULL},
	{"[]", NULL},
	{"[", NULL},
	{"]", NULL},
	{"", NULL},
};

static void
table(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip ip;
		char text[IP_TEXT_MAX] = "";
		bool ok = address_literal(view_str(cases[i].text), &ip);

		if (ok)
			ip_format(&ip, text);
		UNIT_CASE(ok == (cases[i].want != NULL), cases[i].text);
		UNIT_CASE(strcmp(text, cases[i].want ? cases[i].want : "") == 0, cases[i].text);
	}
}

static void
nul(void)
{
	struct ip ip;

	CU_ASSERT_FALSE(address_literal(VIEW("[192.0.2.1\0]"), &ip));
	CU_ASSERT_FALSE(address_literal((struct view){0}, &ip));
}

static const struct unit_test tests[] = {{"literals", table}, {"NUL and nothing", nul}};

int
main(void)
{
	return unit_main("mail/address_literal", tests, sizeof(tests) / sizeof(*tests));
}
