/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/format.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/format_law.h"
#include "tests/lib/unit.h"

struct row {
	const char *name, *text, *want; /* want NULL: it stays as it is */
};

#define LONG_TEXT "\"a reply text that is long enough to need a line for itself, or nearly so\""

static const struct row rows[] = {
	{"nothing", "", ""},
	{"blanks", "rule  AA\twhen   not(b or c)and d~/x y/i   score +2\n",
		"rule AA  when not (b or c) and d ~ /x y/i  score +2\n"},
	{"spelling stays", "rule AA when b = \"x\\\"y\" and c ~ /[/]\\//  score -01.50\n",
		"rule AA  when b = \"x\\\"y\" and c ~ /[/]\\//  score -01.50\n"},
	{"arguments", "rule AA when header( \"X\" ) is missing and count ( url )>2 and 2 of(BB,CC,DD)\n",
		"rule AA  when header(\"X\") is missing and count(url) > 2 and 2 of (BB, CC, DD)\n"},
	{"a clause that is a fact too", "rule AA when score > 5 score 3\n", "rule AA  when score > 5  score 3\n"},
	{"joined", "rule AA\n  when b\n  score 1\n", "rule AA  when b  score 1\n"},
	{"columns", "rule AAA when b score 1 group g\nrule BB when bcd score 1.5 group g\nrule CC when d tag\n",
		"rule AAA  when b    score 1    group g\nrule BB   when bcd  score 1.5  group g\n"
		"rule CC   when d    tag\n"},
	{"a blank line parts columns", "rule AAA when b tag\n\n\n\nrule BB when bcd tag\n",
		"rule AAA  when b  tag\n\nrule BB  when bcd  tag\n"},
	{"a comment parts columns", "rule AAA when b tag\n# c\nrule BB when bcd tag\n",
		"rule AAA  when b  tag\n# c\nrule BB  when bcd  tag\n"},
	{"too long for one line",
		"rule AAAA when bbbbbbbbbbbbbb and cccccccccccccccccc score 3 reject " LONG_TEXT "\nrule BB when c tag\n",
		"rule AAAA  when bbbbbbbbbbbbbb and cccccccccccccccccc\n    score 3  reject " LONG_TEXT
		"\nrule BB    when c  tag\n"},
	{"one clause a line",
		"rule AA when b quarantine " LONG_TEXT " reject " LONG_TEXT "\n",
		"rule AA  when b\n    quarantine " LONG_TEXT "\n    reject " LONG_TEXT "\n"},
	{"a long condition",
		"rule AA when aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb and "
		"ccccccccccccccccccccccccccccccccccc tag\n",
		"rule AA\n    when aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
		"        and ccccccccccccccccccccccccccccccccccc\n    tag\n"},
	{"scope first", "rule AA scope outbound when b reject " LONG_TEXT " tag at end\n",
		"rule AA\n    scope outbound\n    when b\n    reject " LONG_TEXT "\n    tag at end\n"},
	{"comments", "#a\n\n\n  # b\nrule AA when b tag   #c\nrule BB when b tag # d\n#e",
		"#a\n\n    # b\nrule AA  when b  tag  #c\nrule BB  when b  tag  # d\n#e\n"},
	{"a comment within keeps lines", "rule AA when b # why\n   and c\n\n # not\n tag\n",
		"rule AA  when b  # why\n    and c\n\n    # not\n    tag\n"},
	{"allow beside keeps lines", "rule AA when b\n  accept # allow spoofable\n",
		"rule AA  when b\n    accept  # allow spoofable\n"},
	{"allow above keeps lines", "# allow spoofable\nrule AA when b\n  accept\n",
		"# allow spoofable\nrule AA  when b\n    accept\n"},
	{"a list in lines", "list a nets {\n 10.0.0.0/8,::1   # us\n\n\n 192.0.2.1 # them\n}\n",
		"list a nets {\n    10.0.0.0/8, ::1  # us\n\n    192.0.2.1  # them\n}\n"},
	{"a DNS list", "dnsbl a zone b.example\n lookup client.ip code x 127.0.0.2 code long 127.0.0.3,bit 8\n",
		"dnsbl a\n    zone b.example\n    lookup client.ip\n    code x    127.0.0.2\n"
		"    code long 127.0.0.3, bit 8\n"},
	{"a DNS list on one line", "dnsbl a  zone b.example  lookup c  code x 127.0.0.2\n",
		"dnsbl a  zone b.example  lookup c  code x 127.0.0.2\n"},
	{"pairs", "list a pairs of addresses,domains {(a@b.example,c.example)(\"d\",e)}\n",
		"list a pairs of addresses, domains { (a@b.example, c.example) (\"d\", e) }\n"},
	{"a test", "test \"t\"\n given a b,c {d e},header(\"X\")\"y\"\n expect not AA,score>=2\n",
		"test \"t\"\n    given a b, c { d e }, header(\"X\") \"y\"\n    expect not AA, score >= 2\n"},
	{"a policy", "policy p for rcpt.local in{a}\n at-most tag threshold tag off\n",
		"policy p for rcpt.local in { a }\n    at-most tag\n    threshold tag off\n"},
	{"other line ends", "\xef\xbb\xbfrule AA when b\r\n\r\n\r\nrule BB when c\r\n",
		"rule AA  when b\n\nrule BB  when c\n"},
	{"without a last line end", "group a max 5", "group a max 5\n"},
	{"an include is not read", "include \"no such file\"\n", "include \"no such file\"\n"},
};

static void
layout(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		struct diag *d = diag_new();
		const char *why = "";
		struct buf out;

		buf_init(&out, 10000);
		UNIT_CASE(format_text("f", view_str(r->text), &out, d), r->name);
		UNIT_CASE(view_eq_str(buf_view(&out), r->want), r->name);
		if (!view_eq_str(buf_view(&out), r->want))
			printf("got:\n%.*swant:\n%s", VIEW_ARG(buf_view(&out)), r->want);
		UNIT_CASE(format_law_check(view_str(r->text), &why) == FORMAT_LAW_KEPT, r->name);
		diag_show(d, stdout);
		buf_done(&out);
		diag_free(d);
	}
}

static void
refused(void)
{
	struct diag *d = diag_new();
	struct buf out;

	buf_init(&out, 10000);
	CU_ASSERT_FALSE(format_text("f", VIEW("rule GOOD when b tag\nrule BAD wen b\n"), &out, d));
	CU_ASSERT_EQUAL(out.n, 0);
	CU_ASSERT_EQUAL(diag_errors(d), 1);
	buf_done(&out);
	diag_free(d);
}

static void
clause(void)
{
	struct arena *a = arena_new();

	UNIT_VIEW(format_clause(VIEW("when   b # why\n  # not\n   and header( \"X\")  ~ /a  b/"), a),
		"when b and header(\"X\") ~ /a  b/");
	UNIT_VIEW(format_clause(VIEW("score 1"), a), "score 1");
	arena_free(a);
}

/* ---- real files ---- */

static void
keeps_the_law(const char *path, size_t *kept)
{
	struct view text = unit_read_file(path);
	enum format_law law;
	const char *why = "";

	UNIT_CASE(text.p, path);
	law = format_law_check(text, &why);
	UNIT_CASE(law != FORMAT_LAW_WRONG, path);
	if (law == FORMAT_LAW_WRONG)
		printf("%s: %s\n", path, why);
	*kept += law == FORMAT_LAW_KEPT;
	free((void *)text.p);
}

/* The shipped files are in the house layout: `postern fmt -w FILE` makes them so. */
static void
stays(const char *path)
{
	struct view text = unit_read_file(path);
	struct diag *d = diag_new();
	struct buf out;

	buf_init(&out, 1 << 24);
	CU_ASSERT(format_text(path, text, &out, d));
	UNIT_CASE(view_eq(buf_view(&out), text), path);
	buf_done(&out);
	diag_free(d);
	free((void *)text.p);
}

static void
shipped(void)
{
	static const char *const patterns[] = {"rules/*.rules", "rules/*/*.rules", "examples/*/*.rules"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		glob_t g = {0};

		if (glob(patterns[i], 0, NULL, &g) == 0)
			for (size_t k = 0; k < g.gl_pathc; k++, n++)
				stays(g.gl_pathv[k]);
		globfree(&g);
	}
	CU_ASSERT(n >= 8);
}

/* The number of files that were laid out. */
static size_t
each(const char *pattern)
{
	glob_t g = {0};
	size_t kept = 0;

	if (glob(pattern, 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			keeps_the_law(g.gl_pathv[i], &kept);
	globfree(&g);
	return kept;
}

static void
files(void)
{
	const char *reference = getenv("RULES_REFERENCE");
	char pattern[1000];

	CU_ASSERT(each("rules/*.rules") >= 4);
	CU_ASSERT(each("rules/*/*.rules") >= 3);
	CU_ASSERT(each("examples/*/*.rules") >= 1);
	CU_ASSERT(each("tests/fuzz/corpus/format/*") >= 2);
	CU_ASSERT(each("tests/fuzz/corpus/lexer/*") + each("tests/fuzz/corpus/parser/*") +
			  each("tests/fuzz/corpus/program/*") >= 3);
	snprintf(pattern, sizeof(pattern), "%s/*.rules", reference ? reference : "../shared/rules-reference");
	if (each(pattern) == 0)
		printf("skip: %s is not here (set RULES_REFERENCE)\n", pattern);
}

static const struct unit_test tests[] = {
	{"layout", layout},
	{"errors are refused", refused},
	{"one clause", clause},
	{"shipped rule files are in this layout", shipped},
	{"every rule file keeps its tree, its comments and its second layout", files},
};

int
main(void)
{
	return unit_main("policy/format", tests, sizeof(tests) / sizeof(*tests));
}
