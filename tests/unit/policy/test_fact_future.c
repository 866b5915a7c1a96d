/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/fact_future.h"

#include <stdio.h>
#include <stdlib.h>

#include "checks/checks.h"
#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

/* A check that begins to compute a fact takes its row away. */
static void
holds_nothing_that_is_computed(void)
{
	const struct fact_def *row;
	size_t n = 0;

	for (; (row = fact_future_at(n)); n++)
		for (size_t i = 0; checks_all[i]; i++)
			for (size_t k = 0; k < checks_all[i]->n_facts; k++)
				UNIT_CASE(strcmp(checks_all[i]->facts[k].name, row->name) != 0, row->name);
	CU_ASSERT(n > 0);
}

static void
joins_the_table_without_owner(void)
{
	struct fact_table *t = rule_facts_table();
	const struct fact_def *row;
	size_t owner;

	for (size_t i = 0; (row = fact_future_at(i)); i++) {
		UNIT_CASE(fact_table_find(t, view_str(row->name), &owner) == row, row->name);
		UNIT_CASE(owner == FACT_NOBODY, row->name);
		UNIT_CASE((row->type == FACT_ENUM) == (row->values != NULL), row->name);
	}
	CU_ASSERT(fact_table_find(t, VIEW("client.ip"), &owner) != NULL && owner != FACT_NOBODY);
	fact_table_free(t);
}

/* The rules, and what a live set says of them; "" = nothing. */
static const struct {
	const char *rules, *says;
} live[] = {
	{"rule AA when any FACT = x score 1\n", "1:18: error: no check of this release provides 'FACT'"},
	{"rule AA when any FACT = x score 1\ndisable AA\n", ""},
	{"rule AA when tls score 1 unless FACT is present\n", "no check of this release provides 'FACT'"},
	{"rule AA when count(FACT) > 1 score 1\n", "1:20: error: no check of this release provides 'FACT'"},
	{"rule AA when tls tag \"{FACT}\"\n", "1:23: error: no check of this release provides 'FACT'"},
	{"rule AA when client.ptr = \"x\" and (client.ptr is present or FACT = x) score 1\n",
		"error: 'FACT' has many values"}, /* one mistake, one message */
	{"rule AA when tls score 1\ntest \"t\" given FACT { x } expect AA\n", ""},
	{"rule AA when sky.name is present score 1\n",
		"1:14: error: 'sky.name' is not provided with these settings"},
	{"dnsbl zz zone z.example lookup sky.name\nrule AA when dnsbl.zz score 1\n",
		"1:32: error: 'sky.name' is not provided with these settings"},
	{"dnsbl zz zone z.example lookup sky.name # allow unused\nrule AA when tls score 1\n", ""},
	{"dnsbl zz zone z.example lookup sky.name\nrule AA when dnsbl.zz score 1\ndisable AA\n", ""},
};

/* The first fact to come that has many values, in place of each FACT. */
static void
put_fact(const char *from, char *out, size_t max)
{
	const struct fact_def *row = NULL;
	size_t n = 0;

	for (size_t i = 0; (row = fact_future_at(i)) && (!row->list || row->arg); i++) {}
	CU_ASSERT_FATAL(row != NULL);
	for (const char *at; (at = strstr(from, "FACT")); from = at + 4)
		n += (size_t)snprintf(out + n, max - n, "%.*s%s", (int)(at - from), from, row->name);
	snprintf(out + n, max - n, "%s", from);
}

static const struct fact_def sky = {.name = "sky.name", .type = FACT_DOMAIN, .help = ""};

static const struct program_lack lack = {"sky.name", "set sky-file"};

/* live, without the setting and with it; on trial, where everything may be given */
static const struct {
	bool live, has_setting;
} modes[] = {{true, false}, {true, true}, {false, false}};

static bool
is_wrong(const char *says, size_t mode)
{
	if (strstr(says, "many values"))
		return true;
	return says[0] && modes[mode].live && !(strstr(says, "settings") && modes[mode].has_setting);
}

static void
is_refused_to_a_live_set_only(void)
{
	for (size_t i = 0; i < sizeof(live) / sizeof(*live); i++) {
		char rules[300], says[200];

		put_fact(live[i].rules, rules, sizeof(rules));
		put_fact(live[i].says, says, sizeof(says));
		for (size_t m = 0; m < sizeof(modes) / sizeof(*modes); m++) {
			struct program_options o = {.live = modes[m].live, .lacks = &lack,
				.n_lacks = !modes[m].has_setting};
			struct fact_table *t = rule_facts_table();
			struct diag *d = diag_new();
			bool added = fact_table_add(t, &sky, 0), wrong = is_wrong(says, m);
			struct program *p = rule_facts_load_with(rules, o, t, d);
			char *text = rule_facts_messages(d);

			CU_ASSERT(added);
			UNIT_CASE((p == NULL) == wrong, rules);
			UNIT_CASE(diag_errors(d) == wrong, text);
			UNIT_CASE(!wrong || strstr(text, says), text);
			UNIT_CASE(!wrong || !strstr(says, "settings") || strstr(text, "= set sky-file"), text);
			free(text);
			program_free(p);
			diag_free(d);
			fact_table_free(t);
		}
	}
}

static const struct unit_test tests[] = {
	{"is refused to a live set only", is_refused_to_a_live_set_only},
	{"holds nothing that is computed", holds_nothing_that_is_computed},
	{"joins the table without an owner", joins_the_table_without_owner},
};

int
main(void)
{
	return unit_main("policy/fact_future", tests, sizeof(tests) / sizeof(*tests));
}
