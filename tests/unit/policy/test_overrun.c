/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/overrun.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

static const char rules[] = "list shapes regexes { /x{3}/ /^(a+)+$/ }\n"
			    "rule INLINE when tls and not (mail.null or subject ~ /^(b+)+$/)\n"
			    "rule LISTED when subject ~ shapes\n"
			    "policy mild for rcpt.local ~ /^(c+)+$/ at-most tag\n";

/* What is written while rules and policies look at a subject of one letter and an end. */
static void
lines(const struct program *p, char letter, char *out, size_t n)
{
	struct rule_values v;
	char given[160] = "tls; subject=", *same = given + 13 + 62;
	int fd[2], old = dup(STDERR_FILENO);
	ssize_t got;

	memset(given + 13, letter, 60);
	memcpy(given + 13 + 60, "!;", 2);
	memcpy(same, "rcpt.local=", 11);
	memset(same + 11, letter, 60);
	memcpy(same + 11 + 60, "!", 2);
	rule_values_make(&v, p, given);
	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	for (size_t i = 0; i < p->n_rules; i++)
		program_rule(&v.eval, i);
	for (size_t i = 0; i < p->n_policies; i++)
		program_policy(&v.eval, i);
	dup2(old, STDERR_FILENO);
	close(old);
	close(fd[1]);
	got = read(fd[0], out, n - 1);
	out[got > 0 ? got : 0] = 0;
	close(fd[0]);
	rule_values_done(&v);
}

static void
says_whose_expression_it_was(void)
{
	static const struct {
		char letter;
		const char *want[3];
	} cases[] = {{'x', {"", "", ""}}, {'a', {"rule=LISTED at=", "t.rules:3 list=shapes", "regex=/^(a+)+$/"}},
		{'b', {"rule=INLINE at=", "t.rules:2 regex=", "regex=/^(b+)+$/"}},
		{'c', {"policy=mild at=", "t.rules:4 regex=", "regex=/^(c+)+$/"}}};
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load(rules, facts, d);

	CU_ASSERT_FATAL(p != NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[2000];

		lines(p, cases[i].letter, text, sizeof(text));
		UNIT_CASE((strstr(text, "event=regex-limit") != NULL) == (i > 0), text);
		for (int k = 0; k < 3; k++)
			UNIT_CASE(strstr(text, cases[i].want[k]) != NULL, text);
		UNIT_CASE(program_overruns(p) == i, text);
	}
	CU_ASSERT_EQUAL(list_overruns(program_list(p, VIEW("shapes"))), 1);
	UNIT_VIEW(list_overrun(program_list(p, VIEW("shapes"))), "/^(a+)+$/");
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

static const struct unit_test tests[] = {{"says whose expression it was", says_whose_expression_it_was}};

int
main(void)
{
	return unit_main("policy/parser/overrun", tests, sizeof(tests) / sizeof(*tests));
}
