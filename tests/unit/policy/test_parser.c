/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/rule_load.h"
#include "tests/lib/rule_tree.h"
#include "tests/lib/unit.h"
#include "util/buf.h"

struct run {
	struct diag *diag;
	struct ast tree;
	struct buf text; /* the tree, written */
};

static void
run_begin(struct run *r)
{
	*r = (struct run){.diag = diag_new(), .tree = {.arena = arena_new()}};
	buf_init(&r->text, 1 << 20);
}

static void
run_end(struct run *r)
{
	buf_done(&r->text);
	arena_free(r->tree.arena);
	diag_free(r->diag);
}

static void
parse(struct run *r, const char *file, struct view text)
{
	run_begin(r);
	parser_text(&r->tree, file, text, r->diag);
	for (const struct ast_statement *s = r->tree.first; s; s = s->next)
		rule_tree_write(&r->text, s);
}

static const struct rule_tree_row good[] = {
	{"language 1", "language 1"},
	{"disable AB, CD", "disable AB,CD"},
	{"threshold greylist 4, tag 6 \"t\", reject off, early-reject -1.5",
		"threshold greylist 400 tag 600 \"t\" reject off early-reject -150"},
	{"change threshold quarantine 9", "change threshold quarantine 900"},
	{"group g max 5", "group g 500"},
	{"change group g max 0.5", "change group g 50"},
	{"policy p for rcpt.local = \"abuse\" threshold tag 8 disable AB skip greylist, g at-most tag",
		"policy p for rcpt.local = '\"abuse\" tag 800 disable AB skip greylist,g at-most 1"},
	{"change policy p at-most defer threshold tag 1 threshold reject 2",
		"change policy p tag 100 reject 200 at-most 3"},
	{"policy p for a", "policy p for a"},
	{"change ZEN score 6 unless a enforce", "change rule ZEN unless a score 600 enforce"},
	{"change ZEN", "change rule ZEN"},
	{"retired OLD \"use NEW\"", "retired OLD"},
	{"retired dnsbl old \"gone\"", "retired old"},
};

static const struct rule_tree_fault bad[] = {
	{"rul AA when a", "1: a statement cannot start with 'rul'", "did you mean 'rule'?"},
	{"} x", "1: a statement cannot start with '}'", "statements: language"},
	{" rule AA when a", "2: a statement starts in column 1", "remove the blanks"},
	{"language 2", "10: language 2 is not known here; this is 1", NULL},
	{"language", "9: expected a language version, found the end of the statement", NULL},
	{"change rule AA", "8: after 'change' comes the name of a rule, or list",
		"leave out the word 'rule'"},
	{"disable aa", "9: rule names are written in capitals, 'aa' is not", "write 'AA'"},
	{"disable AA,", "12: expected the name of a rule, found the end", NULL},
	{"threshold spam 5", "11: no threshold 'spam'", "one of: greylist"},
	{"threshold tag high", "15: expected a score such as 2 or -1.5, found 'high'", NULL},
	{"group g", "8: expected 'max' and a score, found the end of the statement", NULL},
	{"group g max -1", "13: the maximum of a group cannot be below 0", NULL},
	{"policy p", "9: expected 'for' and a condition on rcpt facts, found the end", NULL},
	{"policy p for a trehshold tag 1", "16: 'trehshold' is not a clause of a policy",
		"did you mean 'threshold'?"},
	{"policy p for a at-most reject", "24: a policy has no at-most 'reject'", "one of"},
	{"retired OLD", "12: expected what to write instead, in double quotes, found the end", NULL},
	{"retired old \"x\"", "9: rule names are written in capitals, 'old' is not", "write 'OLD'"},
	{"retired list OLD \"x\"", "14: expected the name that was retired", NULL},
	{"include x", "9: expected a file name in double quotes, found 'x'", NULL},
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

/* One mistake, one message; the next statement in column 1 is read again. */
static void
recovery(void)
{
	static const char text[] = "rule AA when ( or ) \"x\"\n  and more ] of it\n"
				   "rule BB when b\n"
				   "rule CC when \"open\n  score score score\n"
				   "group g max { 1 }\n"
				   "rule DD when d\n";
	struct run r;
	size_t broken = 0;

	parse(&r, "f", VIEW(text));
	UNIT_VIEW(buf_view(&r.text), "rule BB when b\nrule DD when d\n");
	CU_ASSERT_EQUAL(diag_errors(r.diag), 3);
	CU_ASSERT_EQUAL(r.tree.n, 2);
	for (const struct ast_statement *s = r.tree.broken; s; s = s->next)
		broken += view_eq_str(s->name.text, "AA") || view_eq_str(s->name.text, "CC") ||
			view_eq_str(s->name.text, "g");
	CU_ASSERT_EQUAL(broken, 3);
	run_end(&r);
}

static void
depth(void)
{
	static const char *const pieces[] = {"(", "not ", "2 of (", "not ("};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct arena *a = arena_new();
		struct buf text;
		struct run r;

		buf_init(&text, 1 << 22);
		buf_str(&text, "rule AA when ");
		for (int k = 0; k < 100000; k++)
			buf_str(&text, pieces[i]);
		parse(&r, "f", buf_view(&text));
		UNIT_CASE(diag_errors(r.diag) == 1, pieces[i]);
		UNIT_CASE(view_search_nocase(diag_first(r.diag, a), VIEW("nested more than 64 deep")) <
				diag_first(r.diag, a).n,
			pieces[i]);
		buf_done(&text);
		run_end(&r);
		arena_free(a);
	}
}

static void
places(void)
{
	struct run r;
	const struct ast_expr *e;
	const struct ast_rule *rule;

	parse(&r, "f",
		VIEW("rule AA\n  when a = b and any url in { c }\n  score -2  reject \"t\" at rcpt\n"));
	rule = r.tree.first->rule;
	e = rule->when;
	CU_ASSERT_EQUAL(r.tree.first->at.column, 1);
	CU_ASSERT_EQUAL(r.tree.first->name.at.column, 6);
	CU_ASSERT_EQUAL(e->at.line, 2);
	CU_ASSERT_EQUAL(e->at.column, 14); /* "and" */
	CU_ASSERT_EQUAL(e->args->op.column, 10);
	CU_ASSERT_EQUAL(e->args->right->name.at.column, 12);
	CU_ASSERT_EQUAL(e->args->next->at.column, 18);
	CU_ASSERT_EQUAL(e->args->next->args->left->name.at.column, 22);
	CU_ASSERT_EQUAL(e->args->next->args->set->items->word.at.column, 31);
	CU_ASSERT_EQUAL(rule->score->at.line, 3);
	CU_ASSERT_EQUAL(rule->score->at.column, 9);
	CU_ASSERT_EQUAL(rule->effects->at.column, 13);
	CU_ASSERT_EQUAL(rule->effects->text->at.width, 3);
	CU_ASSERT_EQUAL(rule->effects->stage_word->at.column, 27);
	UNIT_VIEW(e->args->op.source, "  when a = b and any url in { c }");
	UNIT_VIEW(e->args->op.file, "f");
	run_end(&r);
}

/* ---- files ---- */

static char folder[] = "/tmp/postern-parser-XXXXXX";

static const char *
write_file(const char *name, const char *text)
{
	static char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	return path;
}

static void
expect_file(const char *name, const char *text, const char *tree, const char *error)
{
	struct run r;
	struct arena *a = arena_new();
	struct view first;

	run_begin(&r);
	parser_file(&r.tree, write_file(name, text), r.diag);
	for (const struct ast_statement *s = r.tree.first; s; s = s->next)
		rule_tree_write(&r.text, s);
	UNIT_VIEW(buf_view(&r.text), tree);
	first = diag_first(r.diag, a);
	if (error)
		UNIT_CASE(view_search_nocase(first, view_str(error)) < first.n, error);
	else
		CU_ASSERT_EQUAL(diag_errors(r.diag), 0);
	run_end(&r);
	arena_free(a);
}

static void
includes(void)
{
	char name[20], text[60];

	write_file("inner", "rule BB when b\ninclude \"leaf\"\n");
	write_file("leaf", "rule CC when c\n");
	expect_file("outer", "include \"inner\"\ninclude \"leaf\"\nrule AA when a\n",
		"rule BB when b\nrule CC when c\ninclude \"leaf\"\ninclude \"inner\"\n"
		"include \"leaf\"\nrule AA when a\n",
		NULL);
	expect_file("self", "include \"./self\"\nrule AA when a\n",
		"include \"./self\"\nrule AA when a\n", "self:1:9: '");
	write_file("ping", "include \"pong\"\n");
	expect_file("pong", "include \"ping\"\n", "include \"pong\"\ninclude \"ping\"\n",
		"includes itself");
	expect_file("none", "include \"nothing\"\n", "include \"nothing\"\n",
		"/nothing': no such file");
	expect_file("dir", "include \".\"\n", "include \".\"\n", "folder");
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		snprintf(text, sizeof(text), "include \"deep%d\"\n", i + 1);
		write_file(name, text);
	}
	expect_file("deep0", "include \"deep1\"",
		"include \"deep8\"\ninclude \"deep7\"\ninclude \"deep6\"\ninclude \"deep5\"\n"
		"include \"deep4\"\ninclude \"deep3\"\ninclude \"deep2\"\ninclude \"deep1\"\n",
		"deep7:1:9: files include one another more than 8 deep");
}

static void
open_files(void)
{
	struct diag *d = diag_new();
	struct ast t = {.arena = arena_new()};
	const char *path = write_file("open", "rule AA when a\n");

	chmod(path, 0666);
	parser_file(&t, path, d);
	CU_ASSERT(view_search_nocase(diag_first(d, t.arena), VIEW("open: world-writable: ")) <
		diag_first(d, t.arena).n);
	CU_ASSERT_EQUAL(t.n, 0);
	chmod(path, 0644);
	parser_file(&t, path, d);
	parser_file(&t, path, d);
	CU_ASSERT_EQUAL(t.n, 1); /* once, however often it is named */
	arena_free(t.arena);
	diag_free(d);
}

static void
reference_files(void)
{
	static const struct {
		const char *name;
		size_t statements, broken;
		unsigned lines[8]; /* of the errors that a parser finds */
	} files[] = {
		{"shipped.rules", 110, 0, {0}},
		{"policies.rules", 35, 0, {0}},
		{"local.rules", 19, 0, {0}},
		{"local-new.rules", 21, 0, {0}},
		{"spoof.rules", 8, 0, {0}},
		{"readme-errors.rules", 11, 1, {6, 9}},
		{"bad.rules", 24, 3, {7, 10, 11, 15, 24, 26, 27, 28}},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *path = rule_load_reference(files[i].name);
		struct run r;
		size_t broken = 0, lines = 0;
		char *text = NULL, want[1100];
		size_t n;
		FILE *f;

		if (!path)
			continue;
		run_begin(&r);
		parser_file(&r.tree, path, r.diag);
		for (const struct ast_statement *s = r.tree.broken; s; s = s->next)
			broken++;
		UNIT_CASE(r.tree.n == files[i].statements, files[i].name);
		UNIT_CASE(broken == files[i].broken, files[i].name);
		f = open_memstream(&text, &n);
		diag_show(r.diag, f);
		fclose(f);
		for (; lines < 8 && files[i].lines[lines]; lines++) {
			snprintf(want, sizeof(want), "%s:%u:", path, files[i].lines[lines]);
			UNIT_CASE(strstr(text, want) != NULL, want);
		}
		UNIT_CASE(diag_errors(r.diag) == lines, files[i].name);
		free(text);
		run_end(&r);
	}
}

/* ---- size ---- */

static void
large(void)
{
	struct buf text;
	struct run r;
	clock_t start;

	buf_init(&text, 1 << 24);
	for (int i = 0; i < 5000; i++)
		buf_printf(&text,
			"rule R%d  when (a.b = c or d.e ~ /x{%d}/) and not f  score %d.5\n"
			"    reject 550 5.7.1 \"text {client.ip}\"  info \"number %d\"\n",
			i, i % 9 + 1, i % 7, i);
	buf_str(&text, "list l nets {\n");
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "  10.%d.%d.%d/32%s", i >> 16, i >> 8 & 255, i & 255,
			i % 8 ? " " : ",\n");
	buf_str(&text, "}\n");
	start = clock();
	run_begin(&r);
	parser_text(&r.tree, "f", buf_view(&text), r.diag);
	CU_ASSERT(clock() - start < CLOCKS_PER_SEC);
	CU_ASSERT_EQUAL(diag_errors(r.diag), 0);
	CU_ASSERT_EQUAL(r.tree.n, 5001);
	CU_ASSERT_EQUAL(r.tree.last->list->sources->set->n, 100000);
	run_end(&r);
	buf_done(&text);
}

static const struct unit_test tests[] = {
	{"reads every statement", accepts},
	{"refuses, with place and remedy", refuses},
	{"goes on after a mistake", recovery},
	{"bounds the depth of conditions", depth},
	{"knows the place of each node", places},
	{"includes files once, not too deep, not in circles", includes},
	{"refuses a file that anyone could write", open_files},
	{"agrees with the reference rules", reference_files},
	{"reads 5,000 rules and 100,000 items in no time", large},
};

static void
clean(void)
{
	static const char *const made[] = {"inner", "leaf", "outer", "self", "ping", "pong", "none",
		"dir", "open"};
	char path[200];

	for (size_t i = 0; i < 29; i++) {
		if (i < 9)
			snprintf(path, sizeof(path), "%s/%s", folder, made[i]);
		else
			snprintf(path, sizeof(path), "%s/deep%zu", folder, i - 9);
		unlink(path);
	}
	rmdir(folder);
}

int
main(void)
{
	int status;

	if (!mkdtemp(folder))
		return 2;
	status = unit_main("policy/parser/parser", tests, sizeof(tests) / sizeof(*tests));
	clean();
	return status;
}
