/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `eval --given` says, read against a rule set.
 */
#include "policy/given.h"

#include <stdlib.h>

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

static const char rules[] = "dnsbl bl zone bl.example lookup client.ip code two 127.0.0.2 code six 127.0.0.6\n"
	"rule RR when dnsbl.bl\n";

/* "NAME=VALUE" of all that the texts settle, or the first error. */
static void
read_all(const char *const *text, size_t n, struct given_list *l, struct diag *d, struct view *out)
{
	struct fact_table *facts = rule_facts_table();
	struct diag *load = diag_new();
	struct program *p = rule_facts_load(rules, facts, load);
	bool ok = true;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	*out = VIEW("");
	for (size_t i = 0; i < n; i++)
		ok &= given_parse(l, p, facts, view_str(text[i]), d);
	CU_ASSERT_EQUAL(ok, diag_errors(d) == 0);
	for (size_t i = 0; i < l->n; i++) {
		const struct given_value *g = &l->item[i];
		const struct fact_def *def = fact_table_find(facts, g->name, NULL);
		struct view v = g->value.state == FACT_MISSING ? VIEW("missing")
			: fact_format(def, &g->value, l->arena);

		*out = arena_printf(l->arena, "%.*s%s%.*s%.*s=%.*s", VIEW_ARG(*out), i ? "; " : "",
			VIEW_ARG(g->name), VIEW_ARG(g->arg), VIEW_ARG(v));
	}
	if (!ok)
		*out = diag_first(d, l->arena);
	diag_free(load);
	program_free(p);
	fact_table_free(facts);
}

static void
values(void)
{
	static const struct {
		const char *text[2], *want;
	} cases[] = {
		{{"spf fail", NULL}, "spf=fail"},
		{{"tls", "helo.name MX.example"}, "tls=yes; helo.name=mx.example"},
		{{"spf unknown", "mail.from missing"}, "spf=unknown; mail.from=missing"},
		{{"header(\"X-A\") \"some text\"", NULL}, "headerx-a=some text"},
		{{"url.host { A.example b.example }", NULL}, "url.host=a.example, b.example"},
		{{"url.host a.example", NULL}, "url.host=a.example"},
		{{"spf fail", "spf pass"}, "spf=fail"},
		{{"dnsbl.bl 127.0.0.2", NULL}, "dnsbl.bl.two=yes; dnsbl.bl.six=no; dnsbl.bl=yes"},
		{{"dnsbl.bl { 127.0.0.6 127.0.0.2 }", NULL}, "dnsbl.bl.two=yes; dnsbl.bl.six=yes; dnsbl.bl=yes"},
		{{"dnsbl.bl 127.0.0.1", NULL}, "dnsbl.bl.two=unknown; dnsbl.bl.six=unknown; dnsbl.bl=unknown"},
		{{"dnsbl.bl missing", NULL}, "dnsbl.bl.two=no; dnsbl.bl.six=no; dnsbl.bl=no"},
		{{"dnsbl.bl.six", "dnsbl.bl 127.0.0.2"}, "dnsbl.bl.six=yes; dnsbl.bl.two=yes; dnsbl.bl=yes"},
		{{"no.such 1", NULL}, "unknown fact 'no.such'"},
		{{"spf temperror", NULL}, "this is no value for 'spf'"},
		{{"spf { pass fail }", NULL}, "this is no value for 'spf'"},
		{{"dnsbl.bl listed", NULL}, "no answer of a DNS list"},
		{{"spf\nrule", NULL}, "one line"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct given_list l = {.arena = arena_new()};
		struct diag *d = diag_new();
		struct view got;

		read_all(cases[i].text, cases[i].text[1] ? 2 : 1, &l, d, &got);
		UNIT_CASE(view_search_nocase(got, view_str(cases[i].want)) < got.n, cases[i].text[0]);
		if (view_search_nocase(got, view_str(cases[i].want)) == got.n)
			printf("got %.*s\n", VIEW_ARG(got));
		diag_free(d);
		arena_free(l.arena);
	}
}

/* A DNS list may have more codes than fit at once. */
static void
many(void)
{
	struct given_list l = {.arena = arena_new()};

	for (int i = 0; i < 1000; i++)
		given_add(&l, arena_printf(l.arena, "f%d", i), (struct view){NULL, 0}, fact_number(i));
	given_add(&l, VIEW("f7"), (struct view){NULL, 0}, fact_number(-1));
	CU_ASSERT_EQUAL(l.n, 1000);
	CU_ASSERT_EQUAL(given_find(&l, VIEW("f7"), (struct view){NULL, 0})->number, 7);
	CU_ASSERT_PTR_NULL(given_find(&l, VIEW("f7"), VIEW("x")));
	arena_free(l.arena);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"values, states, lists, DNS lists, errors", values},
		{"the first stays, and there may be many", many},
	};

	return unit_main("policy/given", tests, sizeof(tests) / sizeof(*tests));
}
