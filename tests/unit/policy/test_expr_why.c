/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which facts are named as the reasons of a rule's truth.
 */
#include "policy/expr_why.h"

#include <stdlib.h>

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

static struct view
all_reasons(const struct program *p, const char *given, struct arena *a)
{
	static const char *const words[] = {"false", "true", "unknown"};
	struct rule_values v;
	struct expr_why why;
	struct view out;
	enum tri t;

	rule_values_make(&v, p, given);
	t = expr_why(&v.eval, rule_values_rule(p, "RR"), a, &why);
	out = view_str(words[t]);
	for (size_t i = 0; i < why.n; i++)
		out = arena_printf(a, "%.*s; %.*s", VIEW_ARG(out), VIEW_ARG(why.reason[i]));
	out = arena_copy(a, out);
	rule_values_done(&v);
	return out;
}

static void
reasons(void)
{
	static const struct {
		const char *when, *given, *want;
	} cases[] = {
		{"spf = fail", "spf=fail", "true; spf = fail"},
		{"spf != fail", "spf=pass", "true; spf = pass"},
		{"spf = fail", "", "false; spf is missing"},
		{"spf = fail", "spf!unknown", "unknown; spf is unknown (test)"},
		{"spf = fail", "spf!pending", "unknown; spf is not known yet"},
		{"tls and spf = pass", "tls; spf=pass", "true; tls = yes; spf = pass"},
		{"tls and spf = pass and helo.fqdn", "tls; spf=fail", "false; helo.fqdn is missing"},
		{"tls and spf = pass", "tls; spf!unknown", "unknown; spf is unknown (test)"},
		{"tls or spf = pass", "tls; spf!unknown", "true; tls = yes"},
		{"tls or spf = pass", "spf=fail", "false; tls is missing; spf = fail"},
		{"tls or spf = pass", "spf!unknown", "unknown; spf is unknown (test)"},
		{"not (tls or spf = pass)", "tls", "false; tls = yes"},
		{"helo.name = client.ptr", "helo.name=a.example; client.ptr=b.example",
			"false; helo.name = a.example; client.ptr = b.example"},
		{"2 of (tls, spf = pass, helo.fqdn)", "tls; helo.fqdn", "true; tls = yes; helo.fqdn = yes"},
		{"2 of (tls, spf = pass, helo.fqdn)", "tls; spf!unknown", "unknown; spf is unknown (test)"},
		{"OTHER and tls", "tls; auth.user=bob", "true; tls = yes; OTHER is true"},
		{"OTHER or tls", "", "false; tls is missing; OTHER is false"},
		{"hits(OTHER) = 1", "auth.user=bob", "true; OTHER is true"},
		{"any url.host = a.example", "url.host=b.example|c.example", "false; url.host = b.example, c.example"},
		{"count(url.host) > 1", "url.host=b.example|c.example", "true; count(url.host) = 2"},
		{"header(\"X-A\") is missing", "header(x-a)=1", "false; header(\"x-a\") = 1"},
		{"tls is missing and tls is missing", "", "true; tls is missing"},
		{"rate.rr > 1", "rate.rr!pending", "unknown; rate.rr is not known yet"},
		{"client.ip in { 192.0.2.0/24 }", "client.ip=192.0.2.7", "true; client.ip = 192.0.2.7"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fact_table *facts = rule_facts_table();
		struct diag *d = diag_new();
		struct arena *a = arena_new();
		struct view text = arena_printf(a, "rate rr bytes by auth.user per 1h\n"
			"rule OTHER when auth.user is present\nrule RR when %s\n",
			cases[i].when), got;
		struct program *p = rule_facts_load(arena_cstr(a, text), facts, d);

		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		got = all_reasons(p, cases[i].given, a);
		UNIT_CASE(view_eq_str(got, cases[i].want), cases[i].when);
		if (!view_eq_str(got, cases[i].want))
			printf("got %.*s\n", VIEW_ARG(got));
		program_free(p);
		arena_free(a);
		diag_free(d);
		fact_table_free(facts);
	}
}

/* At most eight reasons, and of each value its beginning only. */
static void
limits(void)
{
	static const char rules[] = "rule RR when auth.user = \"a\" or tls or helo.fqdn or helo.literal or "
		"helo.ours or client.dynamic or helo.resolves or mail.null or helo.matches-ip or client.fcrdns\n";
	struct fact_table *facts = rule_facts_table();
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	struct program *p = rule_facts_load(rules, facts, d);
	char given[600] = "auth.user=";
	struct rule_values v;
	struct expr_why why;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	memset(given + 10, 'x', 500);
	rule_values_make(&v, p, given);
	CU_ASSERT_EQUAL(expr_why(&v.eval, 0, a, &why), TRI_FALSE);
	CU_ASSERT_EQUAL(why.n, EXPR_WHY_MAX);
	for (size_t i = 0; i < why.n; i++)
		CU_ASSERT(why.reason[i].n < EXPR_WHY_VALUE + 50);
	rule_values_done(&v);
	program_free(p);
	arena_free(a);
	diag_free(d);
	fact_table_free(facts);
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"the facts that decide", reasons},
		{"limits", limits},
	};

	return unit_main("policy/expr_why", tests, sizeof(tests) / sizeof(*tests));
}
