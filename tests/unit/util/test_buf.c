/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/buf.h"

static void
grows(void)
{
	struct buf b;

	buf_init(&b, 100000);
	UNIT_VIEW(buf_view(&b), "");
	buf_str(&b, "ab");
	buf_byte(&b, 'c');
	buf_add(&b, VIEW("\0d"));
	buf_add(&b, (struct view){NULL, 0});
	buf_printf(&b, "-%d-%s", 7, "x");
	CU_ASSERT(view_eq(buf_view(&b), VIEW("abc\0d-7-x")));
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "%04d", i);
	CU_ASSERT_EQUAL(b.n, 9 + 5000 * 4);
	CU_ASSERT(view_eq(view_skip(buf_view(&b), b.n - 4), VIEW("4999")));
	CU_ASSERT_FALSE(b.over);
	buf_done(&b);
	CU_ASSERT_PTR_NULL(b.p);
	buf_done(&b);
}

static void
ceiling(void)
{
	struct buf b;

	buf_init(&b, 5);
	buf_printf(&b, "%s", "12345");
	UNIT_VIEW(buf_view(&b), "12345");
	CU_ASSERT_FALSE(b.over);
	buf_byte(&b, '6');
	CU_ASSERT_TRUE(b.over);
	UNIT_VIEW(buf_view(&b), "12345");
	buf_reset(&b);
	CU_ASSERT_FALSE(b.over);
	buf_str(&b, "123456"); /* dropped whole, and nothing is taken after it */
	buf_str(&b, "1");
	CU_ASSERT_TRUE(b.over);
	UNIT_VIEW(buf_view(&b), "");
	buf_reset(&b);
	buf_str(&b, "123");
	buf_printf(&b, "%d", 456);
	CU_ASSERT_TRUE(b.over);
	UNIT_VIEW(buf_view(&b), "123");
	buf_add(&b,
		view_of("x", SIZE_MAX)); /* a length that would wrap is refused before it is used */
	UNIT_VIEW(buf_view(&b), "123");
	buf_done(&b);
	buf_init(&b, 256); /* as many as the first piece of memory */
	for (int i = 0; i < 256; i++)
		buf_byte(&b, 'x');
	CU_ASSERT_FALSE(b.over);
	CU_ASSERT_EQUAL(b.n, 256);
	buf_done(&b);
	buf_init(&b, 0);
	buf_str(&b, "");
	CU_ASSERT_FALSE(b.over);
	buf_byte(&b, 'x');
	CU_ASSERT_TRUE(b.over);
	buf_done(&b);
}

static void
takes(void)
{
	struct buf b;

	buf_init(&b, 100);
	buf_str(&b, "abcdef");
	buf_take(&b, 2);
	UNIT_VIEW(buf_view(&b), "cdef");
	buf_take(&b, 0);
	UNIT_VIEW(buf_view(&b), "cdef");
	buf_str(&b, "g");
	UNIT_VIEW(buf_view(&b), "cdefg");
	buf_take(&b, 99);
	UNIT_VIEW(buf_view(&b), "");
	buf_take(&b, 1);
	buf_done(&b);
}

static const struct unit_test tests[] = {
	{"grows", grows},
	{"never passes its ceiling", ceiling},
	{"gives bytes up at the front", takes},
};

int
main(void)
{
	return unit_main("util/buf", tests, sizeof(tests) / sizeof(*tests));
}
