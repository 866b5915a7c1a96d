/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_dnsbl.h"

#include "tests/lib/rule_tree.h"
#include "tests/lib/unit.h"

static const struct rule_tree_row good[] = {
	{"dnsbl z zone {secret:k}.z.org lookup client.ip code a 127.0.0.2 code b 127.0.0.4-7, "
	 "127.1.0.0/16, bit 8 error 127.0.0.1, 127.2.0.0/16 timeout 1500ms "
	 "test-entry 127.0.0.2 absent 127.0.0.1 limit 1000 per 1d",
		"dnsbl z zone {secret:k}.z.org lookup client.ip code a 7f000002-7f000002 code b "
		"7f000004-7f000007 127.1.0.0/16 bit8 error 7f000001-7f000001 127.2.0.0/16 "
		"timeout 1500 test 127.0.0.2 absent 127.0.0.1 limit 1000/86400"},
	{"dnsbl z zone z.org lookup url.domain test-entry none",
		"dnsbl z zone z.org lookup url.domain test none"},
	{"change dnsbl z zone \"y.org\"", "change dnsbl z zone \"y.org\""},
	{"rate r messages by auth.user per 1h", "rate r messages by auth.user per 3600"},
	{"rate r rejects by a, b per 1m", "rate r rejects by a,b per 60"},
	{"change rate r per 2h", "change rate r per 7200"},
	{"change rate r bytes by x", "change rate r bytes by x"},
};

static const struct rule_tree_fault bad[] = {
	{"dnsbl z zone x", "7: dnsbl 'z' needs zone and lookup", NULL},
	{"dnsbl z zon x", "9: unknown dnsbl clause 'zon'", "did you mean 'zone'?"},
	{"dnsbl z zone a zone b", "16: a dnsbl has one 'zone'", NULL},
	{"dnsbl z code a 127.0.0.x", "16: '127.0.0.x' is not a return code", "write 127.0.0.2"},
	{"dnsbl z code a 127.0.0.9-3", "16: '127.0.0.9-3' is not a return code", NULL},
	{"dnsbl z code a 127.0.0.9-256", "16: '127.0.0.9-256' is not a return code", NULL},
	{"dnsbl z code a ::1", "16: '::1' is not a return code", NULL},
	{"dnsbl z code a 127.0.0.1/24", "16: '127.0.0.1/24' is not a return code", NULL},
	{"dnsbl z code a bit 0", "16: bit 0 is never set", NULL},
	{"dnsbl z code a bit 256", "20: expected a bit of the last octet, 1 to 255", NULL},
	{"dnsbl z timeout 2m", "17: a DNS list is waited for at most 60s", NULL},
	{"dnsbl z test-entry a", "21: expected 'absent' and an entry that is not listed", NULL},
	{"dnsbl z limit many per 1d", "15: expected a number of queries, found 'many'", NULL},
	{"rate r mesages by a per 1h", "8: cannot count 'mesages'", "did you mean 'messages'?"},
	{"rate r messages per 1h", "17: expected 'by' and a fact, found 'per'", NULL},
	{"rate r messages by a", "21: expected 'per' and a period such as 1h, found", NULL},
	{"rate r messages by a per 1", "26: expected a period such as 1h, found '1'", "dur"},
};

static void
accepts(void)
{
	rule_tree_accepts(good, sizeof(good) / sizeof(*good), "");
}

static void
refuses(void)
{
	rule_tree_refuses(bad, sizeof(bad) / sizeof(*bad));
}

static const struct unit_test tests[] = {
	{"reads DNS lists and rates", accepts},
	{"refuses, with place and remedy", refuses},
};

int
main(void)
{
	return unit_main("policy/parser/parser_dnsbl", tests, sizeof(tests) / sizeof(*tests));
}
