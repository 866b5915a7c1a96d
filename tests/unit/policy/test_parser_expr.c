/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_expr.h"

#include "tests/lib/rule_tree.h"
#include "tests/lib/unit.h"

static const struct rule_tree_row good[] = {
	{"tls", "tls"},
	{"not not tls", "(not (not tls))"},
	{"a and b and not c", "(and a b (not c))"},
	{"a or (b and c) or DD", "(or a (and b c) DD)"},
	{"(((a)))", "a"},
	{"2 of (AA, b = 1, c or d)", "(2 of AA b = '1 (or c d))"},
	{"a = b", "a = 'b"},
	{"a != \"b c\"", "a != '\"b c\""},
	{"a < 5m and b <= 25MB and c > -1.5 and d >= e",
		"(and a < '5m b <= '25MB c > '-1.5 d >= 'e)"},
	{"header(\"X-A\") = header(\"X-B\")", "header(\"X-A\") = header(\"X-B\")"},
	{"count(url) > count(attach.name)", "count(url) > count(attach.name)"},
	{"hits(AB) >= 2", "hits(AB) >= '2"},
	{"any url.host in bad", "(any url.host in bad)"},
	{"all part-header(\"A\") ~ /x/i", "(all part-header(\"A\") ~ /x/i)"},
	{"no attach.ext = exe", "(no attach.ext = 'exe)"},
	{"a ~ list and b !~ /c/", "(and a ~ list b not ~ /c/)"},
	{"a in { b, \"c\" } and d not in e", "(and a in { b \"c\" } d not in e)"},
	{"client.ip in 192.0.2.0/24", "client.ip in { 192.0.2.0/24 }"},
	{"client.ip not in 2001:db8::/32", "client.ip not in { 2001:db8::/32 }"},
	{"a contains \"b\" or c not contains d", "(or a contains \"b\" c not contains d)"},
	{"a is missing and b is present and c is not unknown",
		"(and a is missing b is present c not is unknown)"},
	{"(a, b) in c", "a+b in c"},
	{"(header(\"A\"), b) not in c and d", "(and header(\"A\")+b not in c d)"},
	{"score >= 10", "score >= '10"},
	{"dnsbl.zen and dnsbl.zen.pbl", "(and dnsbl.zen dnsbl.zen.pbl)"},
};

static const struct rule_tree_fault bad[] = {
	{"rule AA when", "13: expected a condition, found the end of the statement", NULL},
	{"rule AA when score", NULL, NULL}, /* a fact, not a clause */
	{"rule AA when reject", "14: expected a condition before 'reject'", NULL},
	{"rule AA when a and and b", "20: expected a condition before 'and'", NULL},
	{"rule AA when a or b and c", "21: 'and' and 'or' are mixed without parentheses",
		"write (a and b) or c, or a and (b or c)"},
	{"rule AA when (a and b", "14: '(' is never closed", NULL},
	{"rule AA when (a b)", "17: expected ')' to close the parenthesis, found 'b'", NULL},
	{"rule AA when 4 of (b, c)", "14: 4 of 2 conditions can never be true", NULL},
	{"rule AA when 0 of (b, c)", "14: 0 of 2 conditions can never be true", NULL},
	{"rule AA when 4", "15: expected 'of' after the number, found the end", NULL},
	{"rule AA when 4 of b", "19: expected '(' after 'of', found 'b'", NULL},
	{"rule AA when BB = 1", "17: a rule is true or false, it cannot be compared",
		"write 'BB' or 'not BB'"},
	{"rule AA when a = ", "17: expected a value, found the end of the statement", NULL},
	{"rule AA when a = <>", "18: expected a value, found '<'", "for the empty sender"},
	{"rule AA when a == b", "16: '==' is not an operator here", "write '='"},
	{"rule AA when a && b", "16: '&&' is not an operator here", "write 'and'"},
	{"rule AA when a ~ \"x\"", "18: expected a regular expression, found a text",
		"write /.../, or 'contains'"},
	{"rule AA when a in \"x\"", "19: expected a list name or { ... }, found 'x'", NULL},
	{"rule AA when a in x.org", "19: expected a list name or { ... }, found 'x.org'",
		"write { x.org }"},
	{"rule AA when a in { b", "19: '{' is never closed", NULL},
	{"rule AA when a not b", "20: expected 'in' or 'contains' after 'not', found 'b'", NULL},
	{"rule AA when a is pass", "19: after 'is' comes missing, present or unknown",
		"to compare write '= pass'"},
	{"rule AA when a contains /x/", "25: expected a text in double quotes or a list", NULL},
	{"rule AA when (a, b) = c", "21: expected 'in LIST' after a pair, found '='", NULL},
	{"rule AA when (a and b, c) in d", "22: expected ')' to close the parenthesis", NULL},
	{"rule AA when (a, b, c) in d", "19: expected ')' to close the pair, found ','", NULL},
	{"rule AA when header(X)", "21: expected a header name in double quotes, found 'X'",
		NULL},
	{"rule AA when count(a", "19: '(' is never closed", NULL},
	{"rule AA when hits(a)", "19: the name of a rule has at least two characters, 'a' has one", NULL},
};

static void
accepts(void)
{
	rule_tree_accepts(good, sizeof(good) / sizeof(*good), "rule AA when ");
}

static void
refuses(void)
{
	rule_tree_refuses(bad, sizeof(bad) / sizeof(*bad));
}

static const struct unit_test tests[] = {
	{"reads conditions", accepts},
	{"refuses, with place and remedy", refuses},
};

int
main(void)
{
	return unit_main("policy/parser/parser_expr", tests, sizeof(tests) / sizeof(*tests));
}
