/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_reads.h"

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"
#include "util/buf.h"

static const char rules[] = "dnsbl zen zone a.example lookup client.ip code x 127.0.0.2\n"
			    "rule PLAIN when spf = fail\n"
			    "rule LISTED when dnsbl.zen.x\n"
			    "rule BOTH when (PLAIN or 2 of (LISTED, PLAIN, tls)) and helo.name != client.ptr\n"
			    "rule TOP when hits(BOTH) = 1\n"
			    "rule PAIR when (mail.from, rcpt.domain) in pp\n"
			    "list pp pairs of addresses, domains { }\n";

static void
expect(const struct program *p, const char *rule, const char *want)
{
	struct arena *a = arena_new();
	struct rule_reads r = rule_reads_of(p, rule_values_rule(p, rule), a);
	struct buf got;

	buf_init(&got, 1000);
	for (size_t i = 0; i < p->n_rules; i++)
		if (r.rule[i])
			buf_printf(&got, "%.*s ", VIEW_ARG(p->rules[i].name));
	buf_str(&got, "|");
	for (size_t i = 0; i < p->n_slots; i++)
		if (r.slot[i])
			buf_printf(&got, " %s", p->slots[i].def->name);
	UNIT_CASE(view_eq_str(buf_view(&got), want), rule);
	if (!view_eq_str(buf_view(&got), want))
		printf("  got  %.*s\n  want %s\n", VIEW_ARG(buf_view(&got)), want);
	buf_done(&got);
	arena_free(a);
}

/* Facts through the rules that it names, rules only by name. Slots stand in the order of the rules' names. */
static void
reads(void)
{
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load(rules, facts, d);

	diag_show(d, stdout);
	CU_ASSERT_FATAL(p != NULL);
	expect(p, "PLAIN", "| spf");
	expect(p, "LISTED", "| dnsbl.zen.x client.ip");
	expect(p, "BOTH", "LISTED PLAIN | spf dnsbl.zen.x tls helo.name client.ptr client.ip");
	expect(p, "TOP", "BOTH | spf dnsbl.zen.x tls helo.name client.ptr client.ip");
	expect(p, "PAIR", "| mail.from rcpt.domain");
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

/* Rules that hang on a fact: by their conditions, other rules and hits(). */
static void
marks(void)
{
	static const struct {
		const char *rule;
		bool want;
	} rows[] = {{"PLAIN", true}, {"LISTED", false}, {"BOTH", true}, {"TOP", true}, {"PAIR", false}};
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct program *p = rule_facts_load(rules, facts, d);
	struct arena *a = arena_new();
	bool *slots, *marked;

	CU_ASSERT_FATAL(p != NULL);
	slots = arena_array(a, p->n_slots, sizeof(*slots));
	marked = arena_array(a, p->n_rules, sizeof(*marked));
	slots[program_slot(p, VIEW("spf"), (struct view){NULL, 0})] = true;
	rule_reads_mark(p, slots, a, marked);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		UNIT_CASE(marked[rule_values_rule(p, rows[i].rule)] == rows[i].want, rows[i].rule);
	arena_free(a);
	program_free(p);
	diag_free(d);
	fact_table_free(facts);
}

static const struct unit_test tests[] = {
	{"facts and rules of a condition", reads},
	{"rules that hang on a fact", marks},
};

int
main(void)
{
	return unit_main("policy/rule/rule_reads", tests, sizeof(tests) / sizeof(*tests));
}
