/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/restart.h"

#include "tests/lib/unit.h"

/* Lives that follow each other, and the waits between them, all in milliseconds. */
static const struct life {
	const char *name;
	int64_t lived, wait;
} crash_loop[] = {
	{"first death", 5, 0},
	{"second", 5, 0},
	{"third in a row", 5, 1000},
	{"fourth", 5, 2000},
	{"fifth", 5, 4000},
	{"sixth", 9999, 8000},
	{"seventh", 5, 16000},
	{"eighth", 5, 32000},
	{"ninth: the ceiling", 5, 60000},
	{"tenth", 5, 60000},
	{"a long life forgets", 10000, 0},
	{"quick again", 5, 0},
	{"and again", 5, 0},
	{"third again", 5, 1000},
};

static void
backs_off(void)
{
	struct restart r = {0};
	int64_t now = 1000000;

	for (size_t i = 0; i < sizeof(crash_loop) / sizeof(*crash_loop); i++) {
		int64_t at;

		restart_started(&r, now);
		now += crash_loop[i].lived;
		at = restart_at(&r, now);
		UNIT_CASE(at - now == crash_loop[i].wait, crash_loop[i].name);
		now = at;
	}
}

static void
stays_at_the_ceiling(void)
{
	struct restart r = {0};

	for (int64_t i = 0; i < 100000; i++) {
		int64_t at;

		restart_started(&r, i);
		at = restart_at(&r, i);
		CU_ASSERT_TRUE_FATAL(i < 9 || at == i + RESTART_LONGEST_MS);
	}
}

static const struct unit_test tests[] = {
	{"backs off after three quick deaths", backs_off},
	{"never waits longer than a minute", stays_at_the_ceiling},
};

int
main(void)
{
	return unit_main("io/restart", tests, sizeof(tests) / sizeof(*tests));
}
