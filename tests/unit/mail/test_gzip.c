/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/gzip.h"
#include "tests/lib/unit.h"

#include <stdlib.h>
#include <zlib.h>

/* Packs n bytes and gives how many came back the same; -1 if it is no gzip file. */
static long
round_trip(const unsigned char *text, size_t n)
{
	unsigned char *back = calloc(1, n + 1);
	z_stream z = {.next_out = back, .avail_out = (unsigned)n + 1};
	struct buf out;
	long got = -1;

	buf_init(&out, 10 * 1024 * 1024);
	gzip_write(view_of(text, n), &out);
	z.next_in = (unsigned char *)out.p;
	z.avail_in = (unsigned)out.n;
	if (inflateInit2(&z, 15 + 16) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0 &&
		memcmp(back, text, n) == 0)
		got = (long)z.total_out;
	inflateEnd(&z);
	buf_done(&out);
	free(back);
	return got;
}

static void
packs(void)
{
	enum { MANY = 1000000 };
	unsigned char *text = malloc(MANY);
	uint32_t x = 1;

	for (size_t i = 0; i < MANY; i++) /* noise, which does not get shorter */
		text[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
	CU_ASSERT_EQUAL(round_trip(text, 0), 0);
	CU_ASSERT_EQUAL(round_trip(text, 1), 1);
	CU_ASSERT_EQUAL(round_trip(text, MANY), MANY);
	memset(text, 'a', MANY);
	CU_ASSERT_EQUAL(round_trip(text, MANY), MANY);
	free(text);
}

static void
ceiling(void)
{
	struct buf out;

	buf_init(&out, 10);
	gzip_write(VIEW("some text"), &out);
	CU_ASSERT(out.over);
	buf_done(&out);
}

static const struct unit_test tests[] = {
	{"packs what can be unpacked", packs},
	{"what does not fit is told", ceiling},
};

int
main(void)
{
	return unit_main("mail/gzip", tests, sizeof(tests) / sizeof(*tests));
}
