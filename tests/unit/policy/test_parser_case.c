/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_case.h"

#include "tests/lib/rule_tree.h"
#include "tests/lib/unit.h"

static const struct rule_tree_row good[] = {
	{"", ""},
	{" given a, b c, d \"e\", f { 1 2 }, header(\"X\") \"y\", g unknown, h missing",
		" given a given b c given d \"e\" given f{ 1 2 } given header/\"X\" \"y\" "
		"given g unknown given h missing"},
	{" given tls expect accept", " given tls expect accept #1"},
	{" message \"m.eml\" expect AB, not CD, unknown EF, not tag, score >= 1.5, skip-greylist",
		" message dir/m.eml expect AB expect not CD expect EF unknown expect not tag #7 "
		"expect score >= 150 expect skip-greylist #10"},
};

static const struct rule_tree_fault bad[] = {
	{"test t", "6: expected a test name in double quotes, found 't'", NULL},
	{"test \"t\" gven a", "10: expected 'given', 'message' or 'expect', found 'gven'",
		"did you mean 'given'?"},
	{"test \"t\" given a b c", "20: expected 'given', 'message' or 'expect', found", NULL},
	{"test \"t\" expect rejct", "17: unknown action 'rejct'", "did you mean 'reject'?"},
	{"test \"t\" expect score 4", "23: expected a comparison such as '= 4' after", NULL},
	{"test \"t\" expect", "16: expected a rule name or an action, found the end", NULL},
};

static void
accepts(void)
{
	rule_tree_accepts(good, sizeof(good) / sizeof(*good), "test \"t\"");
}

static void
refuses(void)
{
	rule_tree_refuses(bad, sizeof(bad) / sizeof(*bad));
}

static const struct unit_test tests[] = {
	{"reads tests", accepts},
	{"refuses, with place and remedy", refuses},
};

int
main(void)
{
	return unit_main("policy/parser/parser_case", tests, sizeof(tests) / sizeof(*tests));
}
