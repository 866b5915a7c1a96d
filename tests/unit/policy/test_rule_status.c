/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_status.h"

#include "policy/parser/ast.h"
#include "policy/parser/parser.h"
#include "tests/lib/unit.h"

static void
codes(void)
{
	static const char *const cases[][2] = {
		{"spf = fail", "5.7.23"},
		{"spf = softfail and client.ip in { 192.0.2.1 }", "5.7.23"},
		{"helo.spf = permerror", "5.7.24"},
		{"spf in { fail softfail }", "5.7.23"},
		{"spf in { fail permerror }", "5.7.26"},
		{"dkim = none", "5.7.20"},
		{"dkim = fail and spf = fail", "5.7.26"},
		{"not dkim.aligned", "5.7.22"},
		{"dkim.aligned", NULL},
		{"client.ptr is missing", "5.7.25"},
		{"client.ptr is not missing", NULL},
		{"client.ptr is present and not client.fcrdns", "5.7.25"},
		{"not (client.ptr is present)", NULL},
		{"mail.null-mx", "5.7.27"},
		{"not mail.null-mx", NULL},
		{"arc = fail", "5.7.29"},
		{"spf != pass", NULL},
		{"not (spf = fail)", NULL},
		{"not (not (spf = fail))", "5.7.23"},
		{"subject ~ /x/", NULL},
		{"RULE_A or (helo.ours and spf = fail)", "5.7.23"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena *a = arena_new();
		struct diag *d = diag_new();
		struct ast tree = {.arena = a};
		struct view got, soft;

		parser_text(&tree, "test", arena_printf(a, "rule RULE_X when %s", cases[i][0]), d);
		CU_ASSERT_FATAL(diag_errors(d) == 0 && tree.first);
		got = rule_status_of(tree.first->rule->when, true);
		soft = rule_status_of(tree.first->rule->when, false);
		UNIT_CASE(cases[i][1] ? view_eq_str(got, cases[i][1]) : !got.p, cases[i][0]);
		UNIT_CASE(got.p ? soft.p[0] == '4' && view_eq(view_skip(got, 1), view_skip(soft, 1)) : !soft.p,
			cases[i][0]);
		diag_free(d);
		arena_free(a);
	}
}

static void
unknown(void)
{
	UNIT_VIEW(rule_status_unknown(VIEW("5.7.23")), "5.7.24");
	UNIT_VIEW(rule_status_unknown(VIEW("4.7.23")), "4.7.24");
	CU_ASSERT_PTR_NULL(rule_status_unknown(VIEW("5.7.20")).p);
	CU_ASSERT_PTR_NULL(rule_status_unknown((struct view){NULL, 0}).p);
}

static const struct unit_test tests[] = {
	{"which check a refusal rests on", codes},
	{"and what could not be checked", unknown},
};

int
main(void)
{
	return unit_main("policy/rule/rule_status", tests, sizeof(tests) / sizeof(*tests));
}
