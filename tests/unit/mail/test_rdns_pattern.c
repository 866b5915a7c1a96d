/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/rdns_pattern.h"

#include "tests/lib/unit.h"

static const struct {
	const char *ip, *name;
	bool dynamic;
} cases[] = {
	/* the address in the name, in the forms that providers use */
	{"192.0.2.7", "dsl-192-0-2-7.example.net", true},
	{"192.0.2.7", "192.0.2.7.dynamic.example.net", true},
	{"192.0.2.7", "7.2.0.192.adsl.example.net", true},
	{"192.0.2.7", "192-0-2-7.pool.example.co.uk", true},
	{"192.0.2.7", "pool7-2.example.net", true},
	{"192.0.2.7", "host7-2.cable.example.net", true},
	{"192.0.2.7", "cpe-192000002007.example.net", true},
	{"192.0.2.7", "192-000-002-007.dip.example.net", true},
	{"192.0.2.7", "p5c0000207x.dip0.example.net", true},
	{"192.0.2.7", "dhcp-c0000207.example.net", true},
	{"192.0.2.7", "ppp070200c0.example.net", true},
	{"192.0.2.7", "3221225991.broadband.example.net", true},
	{"192.0.2.7", "c-192-0-2-7.hsd1.ca.example.net", true},
	{"192.0.2.7", "customer-192-0-2-7.example.net", true},
	{"192.0.2.7", "dyndsl-2-7.example.net", true},
	{"192.0.2.7", "ip-192-0-2-7.ftth.example.net", true},
	{"192.0.2.7", "192-0-2-7.mobile.example.net", true},
	{"2001:db8:12:3456::7", "2001-db8-12-3456--7.dyn.example.net", false}, /* shortened: no full run */
	{"2001:db8:12:3456::7", "2001-0db8-0012-3456.dyn.example.net", true},
	{"2001:db8:12:3456::7", "pool-20010db800123456.example.net", true},
	/* a word that says otherwise */
	{"192.0.2.7", "static-192-0-2-7.dsl.example.net", false},
	{"192.0.2.7", "mail.192-0-2-7.dsl.example.net", false},
	{"192.0.2.7", "192-0-2-7.business.cable.example.net", false},
	{"192.0.2.7", "smtp7-2.pool.example.net", false},
	{"192.0.2.7", "vps-192-0-2-7.cust.example.net", false},
	/* a word without the address, the address without a word */
	{"192.0.2.7", "dsl-gateway.example.net", false},
	{"192.0.2.7", "192-0-2-7.example.net", false},
	{"192.0.2.7", "dsl-192-0-2-9.example.net", false},
	{"192.0.2.7", "dsl-7.example.net", false},
	{"192.0.2.7", "pool-203-0-113-9.example.net", false},
	{"192.0.2.7", "mx7.example.com", false},
	/* the organisation's own name is no evidence */
	{"192.0.2.7", "n7-2.dynamics.com", false},
	{"192.0.2.7", "node-192-0-2-7.cable.com", false},
	{"192.0.2.7", "node-192-0-2-7.dsl.co.uk", false},
	{"192.0.2.7", "dynamics.com", false},
	{"192.0.2.7", "localhost", false},
	{"192.0.2.7", "", false},
};

static void
table(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip ip;

		CU_ASSERT_FATAL(ip_parse(view_str(cases[i].ip), &ip));
		UNIT_CASE(rdns_pattern_dynamic(view_str(cases[i].name), &ip) == cases[i].dynamic,
			cases[i].name);
	}
}

static const struct unit_test tests[] = {{"names", table}};

int
main(void)
{
	return unit_main("mail/rdns_pattern", tests, sizeof(tests) / sizeof(*tests));
}
