/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/fifo.h"

#include <stdlib.h>

#include "tests/lib/unit.h"

static void
keeps_order(void)
{
	struct fifo f;

	fifo_init(&f, 100);
	UNIT_VIEW(fifo_view(&f), "");
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("one ")));
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("")));
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("two three")));
	UNIT_VIEW(fifo_view(&f), "one two three");
	fifo_take(&f, 4);
	UNIT_VIEW(fifo_view(&f), "two three");
	fifo_take(&f, 4);
	UNIT_VIEW(fifo_view(&f), "three");
	CU_ASSERT_TRUE(fifo_put(&f, VIEW(" four")));
	UNIT_VIEW(fifo_view(&f), "three four");
	fifo_take(&f, 1000);
	UNIT_VIEW(fifo_view(&f), "");
	fifo_done(&f);
}

static void
has_a_ceiling(void)
{
	struct fifo f;

	fifo_init(&f, 8);
	CU_ASSERT_EQUAL(fifo_room(&f), 8);
	CU_ASSERT_FALSE(fifo_put(&f, VIEW("123456789")));
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("12345")));
	CU_ASSERT_EQUAL(fifo_room(&f), 3);
	CU_ASSERT_FALSE(fifo_put(&f, VIEW("6789")));
	UNIT_VIEW(fifo_view(&f), "12345"); /* whole or not at all */
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("678")));
	fifo_take(&f, 1);
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("9"))); /* what was taken makes room */
	UNIT_VIEW(fifo_view(&f), "23456789");
	fifo_done(&f);
}

static void
empty_has_no_memory(void)
{
	struct fifo f;

	fifo_init(&f, 1000);
	CU_ASSERT_PTR_NULL(f.p);
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("x")));
	CU_ASSERT_PTR_NOT_NULL(f.p);
	fifo_take(&f, 1);
	CU_ASSERT_PTR_NULL(f.p);
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("y")));
	fifo_done(&f);
	CU_ASSERT_PTR_NULL(f.p);
	CU_ASSERT_TRUE(fifo_put(&f, VIEW("usable")));
	UNIT_VIEW(fifo_view(&f), "usable");
	fifo_done(&f);
}

/* Against a plain array, in pieces of all sizes. */
static void
as_an_array(void)
{
	enum { BYTES = 20000 };
	char *all = malloc(BYTES);
	size_t in = 0, out = 0;
	unsigned seed = 7;
	struct fifo f;

	fifo_init(&f, 700);
	for (size_t i = 0; i < BYTES; i++)
		all[i] = (char)(i * 31 + i / 256);
	while (out < BYTES) {
		size_t n = (seed = seed * 1103515245 + 12345) >> 16 & 255;

		if (seed >> 30 & 1) {
			n = n < BYTES - in ? n : BYTES - in;
			if (fifo_put(&f, view_of(all + in, n)))
				in += n;
			else
				CU_ASSERT_TRUE(in - out + n > 700);
		} else {
			n = n < in - out ? n : in - out;
			fifo_take(&f, n);
			out += n;
		}
		CU_ASSERT_EQUAL_FATAL(fifo_view(&f).n, in - out);
		CU_ASSERT_EQUAL_FATAL(memcmp(fifo_view(&f).p, all + out, in - out), 0);
		CU_ASSERT_TRUE_FATAL(f.cap <= 4 * 700);
	}
	fifo_done(&f);
	free(all);
}

static const struct unit_test tests[] = {
	{"keeps order", keeps_order},
	{"has a ceiling", has_a_ceiling},
	{"an empty one has no memory", empty_has_no_memory},
	{"as an array, in pieces of all sizes", as_an_array},
};

int
main(void)
{
	return unit_main("util/fifo", tests, sizeof(tests) / sizeof(*tests));
}
