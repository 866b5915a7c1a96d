/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/list_catalog.h"

#include "tests/lib/unit.h"

#define WHOLE "# title: T\n# operator: O, https://o.example/\n# terms: free\n# effect: scores 3\n# source: S\n"

static void
reads_a_description(void)
{
	struct arena *a = arena_new();
	struct list_entry e = {.name = "x"};
	const char *why = NULL;

	CU_ASSERT_TRUE_FATAL(list_catalog_parse(VIEW("language 1\n# title: A: list\n#   of spam\n"
		"# operator: O, https://o.example/\n# key: o-key (required)\n# key-zone: a {secret:o-key}.a.example\n"
		"# key-zone: b {secret:o-key}.b.example\n# terms: free\n# A sentence: not a field.\n#   nor this\n"
		"# effect: scores 3\n# source: S\n\n# title: too late\ndnsbl a zone a.example\n"), a, &e, &why));
	UNIT_VIEW(e.title, "A: list of spam");
	UNIT_VIEW(e.operator, "O, https://o.example/");
	UNIT_VIEW(e.terms, "free");
	UNIT_VIEW(e.effect, "scores 3");
	UNIT_VIEW(e.source, "S");
	UNIT_VIEW(e.key, "o-key");
	CU_ASSERT_TRUE(e.key_required);
	CU_ASSERT_EQUAL_FATAL(e.n_zones, 2);
	UNIT_VIEW(e.zone[1], "b {secret:o-key}.b.example");
	arena_free(a);
}

static void
optional_keys(void)
{
	struct arena *a = arena_new();
	struct list_entry with = {.name = "x"}, without = {.name = "x"};
	const char *why = NULL;

	CU_ASSERT_TRUE(list_catalog_parse(VIEW(WHOLE "# key: k (optional)\n"), a, &with, &why));
	UNIT_VIEW(with.key, "k");
	CU_ASSERT_FALSE(with.key_required);
	CU_ASSERT_TRUE(list_catalog_parse(VIEW(WHOLE), a, &without, &why));
	CU_ASSERT_PTR_NULL(without.key.p);
	arena_free(a);
}

static void
says_what_is_missing(void)
{
	struct arena *a = arena_new();
	struct list_entry e = {.name = "x"};
	const char *why = "";

	CU_ASSERT_FALSE(list_catalog_parse(VIEW("# title: T\n# operator: O\n# effect: E\n# source: S\n"), a, &e, &why));
	CU_ASSERT_STRING_EQUAL(why, "it has no line '# terms: ...'");
	arena_free(a);
}

static void
no_folder(void)
{
	struct arena *a = arena_new();
	struct list_entry *e;
	const char *why = "";
	size_t n;

	CU_ASSERT_EQUAL(list_catalog_read("/nowhere", a, &e, &n, &why), -1);
	CU_ASSERT_STRING_EQUAL(why, "/nowhere: no rule files of DNS lists there");
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"reads a description", reads_a_description},
	{"optional keys", optional_keys},
	{"says what is missing", says_what_is_missing},
	{"no folder", no_folder},
};

int
main(void)
{
	return unit_main("cmd/list_catalog", tests, sizeof(tests) / sizeof(*tests));
}
