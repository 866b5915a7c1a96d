/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_series.h"

#include <stdio.h>

#include "tests/lib/unit.h"

/* A series as "start:count start:count". */
static struct view
as_text(struct view series, char out[static 4096])
{
	int64_t start, count;
	size_t n = 0;

	while (store_series_next(&series, &start, &count))
		n += (size_t)snprintf(out + n, 4096 - n, "%s%lld:%lld", n ? " " : "", (long long)start,
			(long long)count);
	return view_of(out, n);
}

static void
slides(void)
{
	static const struct {
		const char *name;
		int64_t now, amount;
		const char *want;
	} rows[] = {
		{"nothing", 100, 0, ""},
		{"begins at its step", 104, 2, "100:2"},
		{"same step", 109, 1, "100:3"},
		{"next step", 110, 5, "100:3 110:5"},
		{"a step that is left out", 135, 1, "100:3 110:5 130:1"},
		{"the last second of the first", 139, 0, "100:3 110:5 130:1"},
		{"the first is over", 140, 0, "110:5 130:1"},
		{"the clock goes back", 122, 1, "110:5 120:2"},
		{"and on", 130, 1, "110:5 120:2 130:1"},
		{"far back", 10, 0, "10:8"},
		{"long after", 1000, 1, "1000:1"},
		{"no more than can be counted", 1001, STORE_COUNT_MAX, "1000:9007199254740992"},
	};
	char series[STORE_SERIES_MAX], next[STORE_SERIES_MAX], text[4096];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		n = store_series_add(view_of(series, n), rows[i].now, 10, 40, rows[i].amount, next);
		memcpy(series, next, n);
		UNIT_CASE(view_eq_str(as_text(view_of(series, n), text), rows[i].want), rows[i].name);
	}
	CU_ASSERT_EQUAL(store_series_sum(view_of(series, n)), STORE_COUNT_MAX);
}

/* The window is its greatest in steps, and is counted exactly to within one step. */
static void
longest(void)
{
	enum { STEPS = STORE_STEPS_MAX - 2 };
	char series[STORE_SERIES_MAX], next[STORE_SERIES_MAX];
	size_t n = 0;

	for (int64_t now = 1000; now < 1000 + 4 * STEPS; now++) {
		int64_t sum;

		n = store_series_add(view_of(series, n), now, 1, STEPS, 1, next);
		memcpy(series, next, n);
		sum = store_series_sum(view_of(series, n));
		CU_ASSERT_EQUAL(sum, now - 999 < STEPS ? now - 999 : STEPS);
	}
}

static void
broken(void)
{
	static const char rows[][32] = {"short", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
	char next[STORE_SERIES_MAX], long_one[STORE_SERIES_MAX + STORE_SERIES_PAIR] = {0};

	for (size_t i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(store_series_add(view_of(rows[i], i ? 16 : 5), 100, 10, 40, 1, next),
			STORE_SERIES_PAIR);
	CU_ASSERT_EQUAL(store_series_add(view_of(long_one, sizeof(long_one)), 5, 10, 40, 1, next),
		STORE_SERIES_PAIR);
}

static const struct unit_test tests[] = {
	{"a window slides", slides},
	{"the longest window", longest},
	{"broken series", broken},
};

int
main(void)
{
	return unit_main("svc/store_series", tests, sizeof(tests) / sizeof(*tests));
}
