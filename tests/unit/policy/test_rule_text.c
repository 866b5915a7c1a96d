/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_text.h"

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

static void
fills_texts(void)
{
	static const struct {
		const char *text, *want;
		size_t max;
	} texts[] = {
		{"{client.ip} is listed", "192.0.2.1 is listed", 100},
		{"{rule} {score} {queue-id}", "AA 6.50 q1", 100},
		{"{subject}", "two lines", 100},
		{"[{mail.from}]", "[]", 100},
		{"{spf}", "unknown", 100},
		{"a { b } c", "a  c", 100},
		{"a { b", "a { b", 100},
		{"{client.ip}", "192.0.", 6},
		{"abc\xc3\xa4z", "abc", 4},
		{"abc\xc3\xa4z", "abc\xc3\xa4", 5},
		{"", "", 10},
	};
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load("rule AA when spf = fail reject \"{client.ip} "
					    "{subject} {mail.from}\" unless subject ~ /x/\n",
		facts, d);
	struct program_names names = {VIEW("AA"), VIEW("q1"), 650};
	struct rule_values v;

	CU_ASSERT_FATAL(p != NULL);
	rule_values_make(&v, p, "client.ip=192.0.2.1; subject=two\r\n lines\x1b; spf!unknown");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		UNIT_VIEW(program_text(
				  &v.eval, view_str(texts[i].text), &names, texts[i].max, v.arena),
			texts[i].want);
	rule_values_done(&v);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

static void
takes_a_text_apart(void)
{
	struct view rest = VIEW("a {b}{c d} e} {f"), literal, name;

	CU_ASSERT(rule_text_next(&rest, &literal, &name));
	UNIT_VIEW(literal, "a ");
	UNIT_VIEW(name, "b");
	CU_ASSERT(rule_text_next(&rest, &literal, &name));
	UNIT_VIEW(literal, "");
	UNIT_VIEW(name, "c d");
	CU_ASSERT(rule_text_next(&rest, &literal, &name));
	UNIT_VIEW(literal, " e} {f");
	CU_ASSERT(name.p == NULL);
	CU_ASSERT(!rule_text_next(&rest, &literal, &name));
	rest = (struct view){NULL, 0};
	CU_ASSERT(!rule_text_next(&rest, &literal, &name));
}

static const struct unit_test tests[] = {
	{"fills in texts", fills_texts},
	{"takes a text apart", takes_a_text_apart},
};

int
main(void)
{
	return unit_main("policy/rule/rule_text", tests, sizeof(tests) / sizeof(*tests));
}
