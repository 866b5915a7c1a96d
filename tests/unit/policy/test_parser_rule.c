/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_rule.h"

#include "tests/lib/rule_tree.h"
#include "tests/lib/unit.h"

static const struct rule_tree_row good[] = {
	{" accept", " accept"},
	{" reject", " reject"},
	{" reject \"no\"", " reject \"no\""},
	{" reject 554 5.7.1 \"no\" at connect", " reject 554 5.7.1 \"no\" at connect"},
	{" reject always 550", " reject-always 550"},
	{" reject 5.7.1", " reject 5.7.1"},
	{" defer 450 4.7.1 \"later\"", " defer 450 4.7.1 \"later\""},
	{" discard", " discard"},
	{" quarantine", " quarantine"},
	{" quarantine \"q\"", " quarantine \"q\""},
	{" greylist score 1", " score 100 greylist"},
	{" greylist 10m", " greylist 600s"},
	{" greylist 5m window 12h life 60d", " greylist 300s window 43200s life 5184000s"},
	{" greylist life 1d score 1", " score 100 greylist life 86400s"},
	{" tarpit 20s defer", " tarpit 20s defer"},
	{" tag \"t\" accept at body", " tag \"t\" accept at body"},
	{" add header \"X-A\" \"{client.ip}\"", " add \"X-A\" \"{client.ip}\""},
	{" skip greylist, score, host", " skip greylist,score,host"},
	{" if unknown defer 451 score -0.5", " score -50 unknown:defer 451"},
	{" group host scope any info \"i\" trial", " group host any info \"i\" trial"},
	{" scope outbound unless BB or c", " unless (or BB c) outbound"},
	{"\n\tscore 2 # c\n\n  enforce", " score 200 enforce"},
};

static const struct rule_tree_fault bad[] = {
	{"rule", "5: expected the name of a rule, found the end of the statement", NULL},
	{"rule lower_case when a",
		"6: rule names are written in capitals, 'lower_case' is not",
		"write 'LOWER_CASE'"},
	{"rule A when a", "6: the name of a rule has at least two characters, 'A' has one", NULL},
	{"rule AA score 1", "6: rule AA has no 'when'", NULL},
	{"rule AA when a when b", "16: a rule has one 'when'", "join the conditions"},
	{"rule AA when a unless b unless c", "25: a rule has one 'unless'", "join the"},
	{"rule AA when a score 1 score 2", "24: a rule has one 'score'", NULL},
	{"rule AA when a trial enforce", "22: a rule has one 'trial' or 'enforce'", NULL},
	{"rule AA wen a", "9: 'wen' is not a clause of a rule", "did you mean 'when'?"},
	{"rule AA when a b = c", "16: 'b' is not a clause of a rule", "join conditions"},
	{"rule AA when a matches /x/", "16: 'matches' is not a clause of a rule",
		"did you mean '~'?"},
	{"rule AA when a tempfail", "16: 'tempfail' is not a clause of a rule",
		"did you mean 'defer'?"},
	{"rule AA when a \"x\"", "16: unexpected 'x' after this rule statement", NULL},
	{"rule AA when a score x", "22: expected a score such as 2 or -1.5, found 'x'", NULL},
	{"rule AA when a reject 451", "23: reject needs a 5xx code, not 451",
		"use 'defer' for 451"},
	{"rule AA when a reject 451 4.7.1", "23: reject needs a 5xx code, not 451", "use"},
	{"rule AA when a defer 550", "22: defer needs a 4xx code, not 550",
		"use 'reject' for 550"},
	{"rule AA when a reject 550 4.7.1", "27: reject needs a 5.x.x code, not 4.7.1", "use"},
	{"rule AA when a reject 250", "23: reject needs a 5xx code, not 250", NULL},
	{"rule AA when a reject at connect \"no\"", "34: unexpected 'no' after the stage",
		"the text stands before 'at'"},
	{"rule AA when a reject at conect", "26: unknown stage 'conect'",
		"did you mean 'connect'?"},
	{"rule AA when a greylist window", "31: expected a duration such as 12h", NULL},
	{"rule AA when a greylist life 1d window 2d", "33: 'window' is not a clause of a rule", NULL},
	{"rule AA when a greylist 1500ms", "25: this takes whole seconds, at least one", NULL},
	{"rule AA when a tarpit", "22: expected a duration such as 20s, found the end", "dur"},
	{"rule AA when a add \"X\" \"y\"", "20: expected 'header' after 'add', found 'X'", NULL},
	{"rule AA when a add header X y", "27: expected a header name in double quotes, found",
		NULL},
	{"rule AA when a skip Greylist", "21: expected greylist, score or a group name, found",
		"names are lower case"},
	{"rule AA when a if spf = fail reject", "19: only 'if unknown ACTION' is possible here",
		"conditions go after 'when'"},
	{"rule AA when a if unknown rejct", "27: unknown action 'rejct'",
		"did you mean 'reject'?"},
	{"rule AA when a scope both", "22: unknown scope 'both'", "one of: inbound"},
	{"change AA when b", "11: the 'when' of a rule cannot be changed", "'unless' adds"},
};

static void
accepts(void)
{
	rule_tree_accepts(good, sizeof(good) / sizeof(*good), "rule AA when a");
}

static void
refuses(void)
{
	rule_tree_refuses(bad, sizeof(bad) / sizeof(*bad));
}

static const struct unit_test tests[] = {
	{"reads the clauses of a rule", accepts},
	{"refuses, with place and remedy", refuses},
};

int
main(void)
{
	return unit_main("policy/parser/parser_rule", tests, sizeof(tests) / sizeof(*tests));
}
