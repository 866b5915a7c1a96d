/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/learned_record.h"

#include "tests/lib/unit.h"

static const struct {
	const char *name;
	struct view bytes;
	bool good;
	enum standing_mail mail;
	int64_t when;
	size_t n;
	const char *first, *last;
} rows[] = {
	{"one name", VIEW("h\0\0\0\0\0\0\0\5\0\1a"), true, STANDING_HAM, 5, 1, "a", "a"},
	{"two names", VIEW("s\0\0\0\0\0\0\1\0\0\2ab\0\3cde"), true, STANDING_SPAM, 256, 2, "ab", "cde"},
	{"no name", VIEW("s\0\0\0\0\0\0\0\0"), true, STANDING_SPAM, 0, 0, NULL, NULL},
	{"empty", VIEW(""), false, 0, 0, 0, NULL, NULL},
	{"no time", VIEW("h\0\0\0\0\0\0\0"), false, 0, 0, 0, NULL, NULL},
	{"another kind", VIEW("x\0\0\0\0\0\0\0\0"), false, 0, 0, 0, NULL, NULL},
	{"a time before 1970", VIEW("h\x80\0\0\0\0\0\0\0"), false, 0, 0, 0, NULL, NULL},
	{"half a length", VIEW("h\0\0\0\0\0\0\0\5\0"), false, 0, 0, 0, NULL, NULL},
	{"a name cut short", VIEW("h\0\0\0\0\0\0\0\5\0\3ab"), false, 0, 0, 0, NULL, NULL},
	{"an empty name", VIEW("h\0\0\0\0\0\0\0\5\0\0"), false, 0, 0, 0, NULL, NULL},
	{"too many names", VIEW("h\0\0\0\0\0\0\0\5\0\1a\0\1a\0\1a\0\1a\0\1a\0\1a\0\1a\0\1a\0\1a"), false, 0, 0, 0,
		NULL, NULL},
};

static void
table(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct learned_record r = {.n = 77};
		bool good = learned_record_read(rows[i].bytes, &r);

		UNIT_CASE(good == rows[i].good, rows[i].name);
		if (!good) {
			UNIT_CASE(r.n == 77, rows[i].name); /* written only on success */
			continue;
		}
		UNIT_CASE(r.mail == rows[i].mail && r.when == rows[i].when && r.n == rows[i].n, rows[i].name);
		UNIT_CASE(!r.n || view_eq_str(r.key[0], rows[i].first), rows[i].name);
		UNIT_CASE(!r.n || view_eq_str(r.key[r.n - 1], rows[i].last), rows[i].name);
		UNIT_CASE(view_eq(learned_record_write(&r, a), rows[i].bytes), rows[i].name);
	}
	arena_free(a);
}

/* What does not fit is left out, and the rest can be read. */
static void
full(void)
{
	static char name[STORE_KEY_MAX];
	struct learned_record r = {.mail = STANDING_SPAM, .when = 1700000000, .n = STANDING_NAMES_MAX}, back;
	struct arena *a = arena_new();
	struct view v;

	memset(name, 'x', sizeof(name));
	for (size_t i = 0; i < r.n; i++)
		r.key[i] = view_of(name, sizeof(name));
	v = learned_record_write(&r, a);
	CU_ASSERT(v.n <= STORE_VALUE_MAX);
	CU_ASSERT(learned_record_read(v, &back));
	CU_ASSERT_EQUAL(back.n, (STORE_VALUE_MAX - 9) / (STORE_KEY_MAX + 2));
	CU_ASSERT_EQUAL(back.when, r.when);
	arena_free(a);
}

/* A name that no key of the store can be. */
static void
too_long(void)
{
	static char bytes[9 + 2 + STORE_KEY_MAX + 1] = {'h'};
	struct learned_record r;

	for (size_t n = STORE_KEY_MAX; n <= STORE_KEY_MAX + 1; n++) {
		bytes[9] = (char)(n >> 8);
		bytes[10] = (char)(n & 0xff);
		CU_ASSERT_EQUAL(learned_record_read(view_of(bytes, 9 + 2 + n), &r), n == STORE_KEY_MAX);
	}
}

static const struct unit_test tests[] = {
	{"written and read", table},
	{"more than fits", full},
	{"a name too long", too_long},
};

int
main(void)
{
	return unit_main("cmd/learned_record", tests, sizeof(tests) / sizeof(*tests));
}
