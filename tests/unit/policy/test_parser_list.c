/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser_list.h"

#include "tests/lib/rule_tree.h"
#include "tests/lib/unit.h"

static const struct rule_tree_row good[] = {
	{"list a nets { 1.2.3.0/24, ::1 }", "list a 0 { 1.2.3.0/24 ::1 }"},
	{"list a domains", "list a 1"},
	{"list a addresses { }", "list a 2 { }"},
	{"list a words file \"x\" optional { b }", "list a 3 dir/x? { b }"},
	{"list a phrases { \"act now\" \"b\" }", "list a 4 { \"act now\" \"b\" }"},
	{"list a regexes { /x y/i }", "list a 5 { /x y/i }"},
	{"list a countries file \"/x\"", "list a 6 /x"},
	{"list a numbers { 1 2-9 }", "list a 7 { 1 2-9 }"},
	{"list a pairs of addresses, domains { (a@b, c.d) (e@f,g.h) }",
		"list a 8:2,1 { (a@b,c.d) (e@f,g.h) }"},
	{"change list a add { b }", "change list a add { b }"},
	{"change list a remove file \"b\"", "change list a remove dir/b"},
};

static const struct rule_tree_fault bad[] = {
	{"change list a", "14: expected 'add' or 'remove', found the end", NULL},
	{"change list a append { b }", "15: a list cannot 'append'", "one of: add remove"},
	{"change list a add", "18: expected file \"...\" or { ... }, found the end", NULL},
	{"list A nets", "6: expected a list name, found 'A'", "names are lower case"},
	{"list a net", "8: unknown list type 'net'", "did you mean 'nets'?"},
	{"list a pairs", "13: expected 'of' after 'pairs', found the end", NULL},
	{"list a pairs of nets, pairs", "23: unknown list type 'pairs'", NULL},
	{"list a nets { (b c) }", "18: expected ',' between the two of a pair, found 'c'", NULL},
	{"list a nets { , }", "15: expected an item, found ','", NULL},
	{"list a nets { b ) }", "17: expected an item, found ')'", NULL},
	{"list a nets { b\nrule AA when c", "13: '{' is never closed",
		"a new statement starts in column 1 at line 2"},
	{"list a nets file x", "18: expected a file name in double quotes, found 'x'", NULL},
};

static void
accepts(void)
{
	rule_tree_accepts(good, sizeof(good) / sizeof(*good), "");
}

static void
refuses(void)
{
	rule_tree_refuses(bad, sizeof(bad) / sizeof(*bad));
}

static const struct unit_test tests[] = {
	{"reads lists", accepts},
	{"refuses, with place and remedy", refuses},
};

int
main(void)
{
	return unit_main("policy/parser/parser_list", tests, sizeof(tests) / sizeof(*tests));
}
