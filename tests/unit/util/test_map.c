/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/map.h"

#include <stdio.h>

enum { MANY = 20000 };

static int value[MANY];

static struct view
key(size_t i, char out[static 24])
{
	return view_of(out, (size_t)snprintf(out, 24, "key-%zu", i));
}

static void
basics(void)
{
	struct map *m = map_new();
	int a, b;

	CU_ASSERT_PTR_NULL(map_get(m, VIEW("a")));
	CU_ASSERT_PTR_NULL(map_remove(m, VIEW("a")));
	CU_ASSERT_PTR_NULL(map_put(m, VIEW("a"), &a));
	CU_ASSERT_PTR_EQUAL(map_get(m, VIEW("a")), &a);
	CU_ASSERT_PTR_EQUAL(map_put(m, VIEW("a"), &b), &a);
	CU_ASSERT_PTR_EQUAL(map_get(m, VIEW("a")), &b);
	CU_ASSERT_EQUAL(map_count(m), 1);
	CU_ASSERT_PTR_NULL(map_get(m, VIEW("A")));
	CU_ASSERT_PTR_NULL(map_get(m, VIEW("a\0")));
	CU_ASSERT_PTR_NULL(map_put(m, VIEW("a\0"), &a));
	CU_ASSERT_PTR_NULL(map_put(m, VIEW(""), &a));
	CU_ASSERT_PTR_EQUAL(map_get(m, (struct view){NULL, 0}), &a);
	CU_ASSERT_PTR_EQUAL(map_get(m, VIEW("a")), &b);
	CU_ASSERT_PTR_EQUAL(map_remove(m, VIEW("a")), &b);
	CU_ASSERT_PTR_NULL(map_get(m, VIEW("a")));
	CU_ASSERT_PTR_NULL(map_remove(m, VIEW("a")));
	CU_ASSERT_EQUAL(map_count(m), 2);
	map_free(m);
	map_free(NULL);
}

static void
keys_are_copied(void)
{
	struct map *m = map_new();
	char text[] = "abc";

	map_put(m, view_of(text, 3), &value[0]);
	memcpy(text, "xyz", 3);
	CU_ASSERT_PTR_EQUAL(map_get(m, VIEW("abc")), &value[0]);
	map_free(m);
}

static void
many(void)
{
	struct map *m = map_new();
	char text[24];

	for (size_t i = 0; i < MANY; i++)
		map_put(m, key(i, text), &value[i]);
	CU_ASSERT_EQUAL(map_count(m), MANY);
	for (size_t i = 0; i < MANY; i += 2)
		CU_ASSERT_PTR_EQUAL(map_remove(m, key(i, text)), &value[i]);
	CU_ASSERT_EQUAL(map_count(m), MANY / 2);
	for (size_t i = 0; i < MANY; i++)
		CU_ASSERT_PTR_EQUAL(map_get(m, key(i, text)), i % 2 ? &value[i] : NULL);
	map_free(m);
}

/* Keys that come and go leave no places behind that fill the table or make look-ups endless. */
static void
churn(void)
{
	struct map *m = map_new();
	char text[24];

	for (size_t i = 0; i < MANY * 5; i++) {
		map_put(m, key(i, text), &value[0]);
		if (i >= 10)
			CU_ASSERT_PTR_EQUAL(map_remove(m, key(i - 10, text)), &value[0]);
		CU_ASSERT_PTR_NULL(map_get(m, VIEW("never")));
	}
	CU_ASSERT_EQUAL(map_count(m), 10);
	map_free(m);
}

static void
walks(void)
{
	struct map *m = map_new();
	static unsigned char seen[1000];
	struct view k;
	char text[24];
	size_t at = 0, n = 0;
	void *v;

	CU_ASSERT_FALSE(map_next(m, &at, &k, &v));
	for (size_t i = 0; i < 1000; i++)
		map_put(m, key(i, text), &value[i]);
	map_remove(m, VIEW("key-7"));
	for (at = 0; map_next(m, &at, &k, &v); n++) {
		size_t i = (size_t)((int *)v - value);

		CU_ASSERT_FATAL(i < 1000);
		CU_ASSERT(view_eq(k, key(i, text)));
		CU_ASSERT_EQUAL(seen[i]++, 0);
	}
	CU_ASSERT_EQUAL(n, 999);
	CU_ASSERT_EQUAL(seen[7], 0);
	CU_ASSERT_FALSE(map_next(m, &at, &k, &v));
	map_free(m);
}

static void
hashes(void)
{
	static const char text[] = "0123456789abcdef0123456789abcdef";

	for (size_t n = 0; n < sizeof(text); n++) {
		char copy[sizeof(text)];

		memcpy(copy, text, n);
		CU_ASSERT_EQUAL(map_hash(view_of(copy, n)), map_hash(view_of(text, n)));
		CU_ASSERT_NOT_EQUAL(map_hash(view_of(text, n)), map_hash(view_of(text, n + 1)));
		for (size_t bit = 0; bit < n * 8; bit++) {
			copy[bit / 8] ^= (char)(1 << bit % 8);
			CU_ASSERT_NOT_EQUAL(map_hash(view_of(copy, n)), map_hash(view_of(text, n)));
			copy[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

static const struct unit_test tests[] = {
	{"put, get, remove", basics},
	{"keys are copied", keys_are_copied},
	{"many keys", many},
	{"keys that come and go", churn},
	{"walks over each once", walks},
	{"every bit counts in a hash", hashes},
};

int
main(void)
{
	return unit_main("util/map", tests, sizeof(tests) / sizeof(*tests));
}
