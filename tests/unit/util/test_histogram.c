/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/histogram.h"

#include "tests/lib/unit.h"

static void
empty(void)
{
	struct histogram_sum s = {.count = 0};

	CU_ASSERT_EQUAL(histogram_mean(&s), 0);
	CU_ASSERT_EQUAL(histogram_within(&s, 99), 0);
}

/* One of each: where does it say that it is? */
static void
one(void)
{
	for (uint64_t us = 1; us < 100000000; us = us * 5 / 4 + 1) {
		struct histogram h = {.us = 0};
		struct histogram_sum s = {.count = 0};
		uint64_t got;

		histogram_add(&h, us);
		histogram_sum(&s, &h);
		got = histogram_within(&s, 50);
		CU_ASSERT_TRUE(got >= us && got <= us + us / 2 + 1);
		CU_ASSERT_EQUAL(histogram_mean(&s), us);
	}
}

static void
shares(void)
{
	struct histogram a = {.us = 0}, b = {.us = 0};
	struct histogram_sum s = {.count = 0};

	for (int i = 0; i < 940; i++)
		histogram_add(i % 2 ? &a : &b, 1000);
	for (int i = 0; i < 50; i++)
		histogram_add(&a, 100000);
	for (int i = 0; i < 10; i++)
		histogram_add(&b, (uint64_t)1 << 40); /* beyond the last place */
	histogram_sum(&s, &a);
	histogram_sum(&s, &b);
	CU_ASSERT_EQUAL(s.count, 1000);
	CU_ASSERT_EQUAL(histogram_within(&s, 94), 1024);
	CU_ASSERT_EQUAL(histogram_within(&s, 95), 131072);
	CU_ASSERT_EQUAL(histogram_within(&s, 99), 131072);
	CU_ASSERT_EQUAL(histogram_within(&s, 100), (uint64_t)1 << 27);
	CU_ASSERT_EQUAL(histogram_mean(&s), (940 * 1000 + 50 * 100000 + 10 * ((uint64_t)1 << 40)) / 1000);
}

static const struct unit_test tests[] = {
	{"nothing in it", empty},
	{"each value within a third", one},
	{"shares of two histograms", shares},
};

int
main(void)
{
	return unit_main("util/histogram", tests, sizeof(tests) / sizeof(*tests));
}
