/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/top_list.h"

#include "tests/lib/unit.h"

static const struct {
	const char *name, *given; /* letters, each with its rank */
	size_t room;
	const char *want;
} rows[] = {
	{"fewer than there is room for", "a1c3b2", 5, "cba"},
	{"the highest stay", "a1b2c3d4e0", 2, "dc"},
	{"of equals the first", "a1b1c1", 2, "ab"},
	{"one place", "b2a9c3", 1, "a"},
	{"nothing", "", 3, ""},
};

static void
table(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena *a = arena_new();
		struct top_list *t = top_list_new(rows[i].room, a);
		char got[8] = "";

		for (const char *p = rows[i].given; *p; p += 2) {
			char key = *p; /* the list keeps its own copy */

			top_list_add(t, p[1] - '0', view_of(&key, 1));
		}
		for (size_t k = 0; k < t->n; k++)
			got[k] = t->entry[k].key.p[0];
		UNIT_CASE(strcmp(got, rows[i].want) == 0, rows[i].name);
		arena_free(a);
	}
}

static const struct unit_test tests[] = {{"the highest of many", table}};

int
main(void)
{
	return unit_main("cmd/top_list", tests, sizeof(tests) / sizeof(*tests));
}
