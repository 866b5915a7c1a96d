/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_origin.h"

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

struct world {
	struct rule_folder folder;
	struct diag *diag;
	struct arena *arena;
	const char *file;
	struct program_options options;
	struct rule_set set;
};

static void
begin(struct world *w, const char *text)
{
	*w = (struct world){.diag = diag_new(), .arena = arena_new()};
	rule_folder_make(&w->folder);
	w->file = arena_cstr(w->arena, view_str(rule_folder_write(&w->folder, "t.rules", view_str(text))));
	w->options = (struct program_options){.files = &w->file, .n_files = 1};
	rule_set_init(&w->set, &w->options, w->arena, w->diag);
	rule_set_collect(&w->set);
	diag_show(w->diag, stdout);
	CU_ASSERT_EQUAL(diag_errors(w->diag), 0);
}

static void
end(struct world *w)
{
	rule_set_done(&w->set);
	rule_folder_remove(&w->folder);
	arena_free(w->arena);
	diag_free(w->diag);
}

struct want {
	const char *text;
	uint32_t line;
};

static void
compare(const struct rule_origin *got, size_t n, const struct want *want, size_t n_want)
{
	CU_ASSERT_EQUAL(n, n_want);
	for (size_t i = 0; i < n && i < n_want; i++) {
		UNIT_VIEW(got[i].text, want[i].text);
		CU_ASSERT_EQUAL(got[i].at.line, want[i].line);
	}
}

static void
expect_rule(struct world *w, const char *name, const struct want *want, size_t n_want)
{
	const struct rule_def *r = name_table_find(&w->set.rules, view_str(name));
	const struct rule_origin *got;
	size_t n;

	CU_ASSERT_FATAL(r != NULL);
	got = rule_origin_clauses(&w->set, r, w->arena, &n);
	compare(got, n, want, n_want);
}

/* A change replaces what it changes, wherever it stands; what is left has the rule's own place. */
static void
changes(void)
{
	static const struct want aa[] = {{"when spf = fail and tls", 3}, {"unless dkim = pass", 5},
		{"unless auth.user is present", 2}, {"group g", 7}, {"reject 550 \"no\"", 1}, {"enforce", 9},
		{"if unknown greylist", 9}};
	static const struct want bb[] = {{"when tls", 8}};
	const struct rule_def *off;
	struct world w;

	begin(&w, "change AA reject 550 \"no\"\n"
		  "change AA  unless auth.user is present\n"
		  "rule AA when spf = fail # why\n   and tls\n  unless dkim=pass\n  score 3 tag trial\n  group g\n"
		  "rule BB when tls\n"
		  "change AA enforce if unknown greylist\n"
		  "disable BB\ngroup g max 4\n");
	expect_rule(&w, "AA", aa, sizeof(aa) / sizeof(*aa));
	expect_rule(&w, "BB", bb, 1);
	off = name_table_find(&w.set.rules, VIEW("BB"));
	CU_ASSERT(off && off->disabled_at && off->disabled_at->line == 10);
	end(&w);
}

static void
statements(void)
{
	static const struct want both[] = {{"group dns max 4", 1}, {"dnsbl dns zone a.example lookup client.ip", 2},
		{"change dnsbl dns timeout 2s", 4}};
	const struct rule_origin *got;
	struct world w;
	size_t n;

	begin(&w, "group dns max 4\ndnsbl dns zone a.example # x\n lookup client.ip\nchange dnsbl dns timeout 2s\n"
		  "rule DNS when tls\n");
	got = rule_origin_statements(&w.set, VIEW("dns"), w.arena, &n);
	compare(got, n, both, sizeof(both) / sizeof(*both));
	rule_origin_statements(&w.set, VIEW("DNS"), w.arena, &n);
	CU_ASSERT_EQUAL(n, 0);
	end(&w);
}

static const struct unit_test tests[] = {
	{"clauses in effect, each with its place", changes},
	{"what is not a rule: its statements", statements},
};

int
main(void)
{
	return unit_main("policy/rule/rule_origin", tests, sizeof(tests) / sizeof(*tests));
}
