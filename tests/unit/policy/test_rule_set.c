/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_set.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

/* Behind "retired OLD", each must load with this warning, or without any. */
static const struct {
	const char *rules, *warning;
} retired[] = {
	{"change OLD score 2\n", "2:8: warning: rule OLD is retired: this does nothing [retired]"},
	{"disable OLD\n", "2:9: warning: rule OLD is retired"},
	{"rule AA when tls\ndisable AA, OLD\n", "3:13: warning: rule OLD is retired"},
	{"policy pp for rcpt.local = abuse disable OLD at-most tag\n", "2:42: warning: rule OLD is retired"},
	{"rule AA when tls or OLD score 1\n", "2:21: warning: rule OLD is retired"},
	{"rule AA when hits(OLD) > 0 score 1\n", "2:19: warning: rule OLD is retired"},
	{"rule AA when tls\ntest \"t\" expect not OLD\n", "3:21: warning: rule OLD is retired"},
	{"retired list old \"gone\"\nchange list old add { a }\n", "3:13: warning: list old is retired"},
	{"retired dnsbl old \"gone\"\nchange dnsbl old timeout 3s\n", "3:14: warning: dnsbl old is retired"},
	{"retired rate old \"gone\"\nchange rate old per 3h\n", "3:13: warning: rate old is retired"},
	{"retired group old \"gone\"\nchange group old max 3\n", "3:14: warning: group old is retired"},
	{"retired policy old \"gone\"\nchange policy old at-most tag\n", "3:15: warning: policy old is retired"},
	{"rule OLD when tls\nchange OLD score 2\n", ""}, /* whoever declares the name has it */
	{"change OLD score 2 # allow retired\n", ""},
	{"", ""},
};

static void
warns_of_retired_names(void)
{
	for (size_t i = 0; i < sizeof(retired) / sizeof(*retired); i++) {
		struct fact_table *facts = rule_facts_table();
		struct diag *d = diag_new();
		char rules[300], *said;
		struct program *p;

		snprintf(rules, sizeof(rules), "retired OLD \"use NEW\"\n%s", retired[i].rules);
		p = rule_facts_load(rules, facts, d);
		said = rule_facts_messages(d);
		UNIT_CASE(p != NULL && diag_warnings(d) == (retired[i].warning[0] != '\0'), said);
		UNIT_CASE(strstr(said, retired[i].warning) != NULL, said);
		free(said);
		program_free(p);
		diag_free(d);
		fact_table_free(facts);
	}
}

/* What names a retired rule is unknown, and says what to write: no rule fires through it, nor through its
 * negation, nor holds mail for ever. */
static void
reads_them_as_unknown(void)
{
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load("retired OLD \"use NEW\"\nrule AA when OLD\nrule BB when not OLD\n"
					    "rule CC when hits(OLD) = 0\n"
					    "rule DD when tls or not BB if unknown defer\n"
					    "rule EE when mail.domain not in old # allow missing\nretired list old \"x\"\n"
					    "rule FF when not dnsbl.old.code\nretired dnsbl old \"x\"\n"
					    "rule GG when not (mail.domain, client.ip) in old # allow missing\n", facts, d);
	char *said = rule_facts_messages(d);
	struct rule_values v;

	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(strstr(said, "      = use NEW\n") != NULL);
	rule_values_make(&v, p, "");
	for (size_t i = 0; i < p->n_rules; i++) {
		CU_ASSERT_EQUAL(program_rule(&v.eval, i), TRI_UNKNOWN);
		CU_ASSERT(p->rules[i].if_unknown == NULL);
	}
	rule_values_done(&v);
	free(said);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

/* Where something else is read that is gone, a warning says what to write: an upgrade stops no reload. */
static void
says_what_to_write_instead(void)
{
	static const char *const rules[] = {"rule AA when mail.domain in old\n", "rule AA when tls score 1 group old\n",
		"rule AA when dnsbl.old.code\n", "rule AA when rate.old > 5\n",
		"rule AA when auth.user is present skip old\n"};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		struct fact_table *facts = rule_facts_table();
		struct diag *d = diag_new();
		char text[300], *said;
		struct program *p;

		snprintf(text, sizeof(text), "retired list old \"use\"\nretired group old \"use\"\n"
			"retired dnsbl old \"use\"\nretired rate old \"use\"\n%s", rules[i]);
		p = rule_facts_load(text, facts, d);
		CU_ASSERT(p != NULL && diag_warnings(d) == 1);
		said = rule_facts_messages(d);
		UNIT_CASE(strstr(said, "      = use\n") != NULL, said);
		free(said);
		program_free(p);
		diag_free(d);
		fact_table_free(facts);
	}
}

static const struct unit_test tests[] = {
	{"says what to write instead", says_what_to_write_instead},
	{"warns of retired names", warns_of_retired_names},
	{"reads retired names as unknown", reads_them_as_unknown},
};

int
main(void)
{
	return unit_main("policy/rule/rule_set", tests, sizeof(tests) / sizeof(*tests));
}
