/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/rule/rule_list.h"

#include "tests/lib/rule_facts.h"
#include "tests/lib/unit.h"

static const char rules[] = "list nets nets { 10.0.0.0/8 10.1.0.0/16 192.0.2.1 }\n"
			    "list doms domains file \"doms.txt\" {\n one.example .two.example }\n"
			    "change list doms add { three.example }\n"
			    "change list doms remove { one.example gone.example }\n"
			    "list ph phrases { \"buy now\" cheap }\n"
			    "list re regexes { /a{3}/ /B+/i }\n"
			    "list nn numbers { 1-10 25 }\n"
			    "list pp pairs of addresses, domains { (@d.example, .e.example) }\n";

static const struct row {
	const char *list, *value, *second;
	const char *want; /* item, NULL: none holds it */
	uint32_t line;
} rows[] = {
	{"nets", "10.1.2.3", NULL, "10.0.0.0/8", 1},
	{"nets", "192.0.2.2", NULL, NULL, 0},
	{"doms", "a.two.example", NULL, ".two.example", 3},
	{"doms", "three.example", NULL, "three.example", 4},
	{"doms", "one.example", NULL, NULL, 0},
	{"doms", "gone.example", NULL, NULL, 0},
	{"doms", "kept.example", NULL, "kept.example", 3},
	{"ph", "to Buy Now!", NULL, "buy now", 6},
	{"re", "xbx", NULL, "/B+/i", 7},
	{"nn", "7", NULL, "1-10", 8},
	{"nn", "11", NULL, NULL, 0},
	{"pp", "q@d.example", "a.e.example", "@d.example", 9},
	{"pp", "q@d.example", "e.exampl", NULL, 0},
	{"own-nets", "198.51.100.7", NULL, "198.51.100.0/24", 5},
};

static bool
holds(const struct list *l, void *ctx)
{
	const struct row *r = ctx;

	if (r->second)
		return list_has_pair(l, view_str(r->value), view_str(r->second));
	return list_has_text(l, view_str(r->value)) == LIST_YES;
}

static void
which(void)
{
	const struct view net = VIEW("198.51.100.0/24");
	const struct program_list own = {.name = "own-nets", .type = LIST_NETS, .items = &net, .n = 1,
		.file = VIEW("p.conf"), .line = 5};
	struct arena *a = arena_new();
	struct diag *d = diag_new();
	struct rule_folder folder;
	struct program_options options;
	struct rule_set s;
	const char *file;

	rule_folder_make(&folder);
	rule_folder_write(&folder, "doms.txt", VIEW("# mine\ngone.example\nkept.example # why\n"));
	file = arena_cstr(a, view_str(rule_folder_write(&folder, "t.rules", VIEW(rules))));
	options = (struct program_options){.files = &file, .n_files = 1, .lists = &own, .n_lists = 1};
	rule_set_init(&s, &options, a, d);
	rule_set_collect(&s);
	diag_show(d, stdout);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];
		const struct list_def *l = name_table_find(&s.lists, view_str(r->list));
		struct rule_list_item item;
		bool found = rule_list_which(&s, l, holds, (void *)r, a, &item);

		UNIT_CASE(found == (r->want != NULL), r->value);
		UNIT_CASE(!found || (r->want && view_eq_str(item.item, r->want)), r->value);
		UNIT_CASE(!found || item.at.line == r->line, r->value);
		UNIT_CASE(!found || (item.second.p != NULL) == (r->second != NULL), r->value);
	}
	rule_set_done(&s);
	rule_folder_remove(&folder);
	diag_free(d);
	arena_free(a);
}

static const struct unit_test tests[] = {{"which item holds a value", which}};

int
main(void)
{
	return unit_main("policy/rule/rule_list", tests, sizeof(tests) / sizeof(*tests));
}
