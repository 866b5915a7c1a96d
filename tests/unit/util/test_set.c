/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/set.h"

#include <stdio.h>
#include <stdlib.h>

enum { MANY = 50000 };

static struct view
key(int i, char out[static 24])
{
	return view_of(out, (size_t)snprintf(out, 24, "key-%d", i));
}

static void
basics(void)
{
	struct set *s = set_new();
	char longest[65535];

	memset(longest, 'x', sizeof(longest));
	CU_ASSERT(!set_has(s, VIEW("a")));
	CU_ASSERT(!set_remove(s, VIEW("a")));
	CU_ASSERT(set_add(s, VIEW("a")));
	CU_ASSERT(!set_add(s, VIEW("a")));
	CU_ASSERT(set_has(s, VIEW("a")));
	CU_ASSERT(!set_has(s, VIEW("A")) && !set_has(s, VIEW("a\0")) && !set_has(s, VIEW("")));
	CU_ASSERT(set_add(s, VIEW("")) && set_add(s, VIEW("a\0")));
	CU_ASSERT(set_has(s, (struct view){NULL, 0}) && set_has(s, VIEW("a\0")));
	CU_ASSERT(set_add(s, view_of(longest, sizeof(longest))));
	CU_ASSERT(set_has(s, view_of(longest, sizeof(longest))));
	CU_ASSERT(!set_has(s, view_of(longest, sizeof(longest) - 1)));
	CU_ASSERT_EQUAL(set_count(s), 4);
	CU_ASSERT(set_remove(s, VIEW("a")) && !set_has(s, VIEW("a")) && !set_remove(s, VIEW("a")));
	CU_ASSERT(set_add(s, VIEW("a")) && set_has(s, VIEW("a")));
	set_trim(s);
	CU_ASSERT(set_has(s, VIEW("a\0")));
	CU_ASSERT(set_bytes(s) > 65535);
	set_free(s);
	set_free(NULL);
}

/* Many are added and removed by turns, against an array that knows. */
static void
many(void)
{
	static bool in[MANY];
	struct set *s = set_new();
	char text[24];
	size_t wrong = 0, live = 0;

	srand(3);
	for (int i = 0; i < 8 * MANY; i++) {
		int k = rand() % MANY;

		if (rand() % 3) {
			wrong += set_add(s, key(k, text)) == in[k];
			in[k] = true;
		} else {
			wrong += set_remove(s, key(k, text)) != in[k];
			in[k] = false;
		}
	}
	set_trim(s);
	for (int k = 0; k < MANY; k++) {
		wrong += set_has(s, key(k, text)) != in[k];
		live += in[k];
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(set_count(s), live);
	set_free(s);
}

static void
is_dense(void)
{
	struct set *s = set_new();
	size_t keys = 0;
	char text[24];

	for (int k = 0; k < MANY; k++) {
		keys += key(k, text).n;
		set_add(s, key(k, text));
	}
	set_trim(s);
	CU_ASSERT(set_bytes(s) <= keys + (size_t)MANY * 24 + 200);
	set_free(s);
}

static const struct unit_test tests[] = {
	{"basics", basics},
	{"many, added and removed", many},
	{"is dense", is_dense},
};

int
main(void)
{
	return unit_main("util/set", tests, sizeof(tests) / sizeof(*tests));
}
