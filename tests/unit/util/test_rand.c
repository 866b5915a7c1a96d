/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/rand.h"

static void
bytes(void)
{
	unsigned char a[512], b[512], seen[256] = {0};
	size_t kinds = 0;

	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	CU_ASSERT(memcmp(a, b, sizeof(a)) != 0);
	for (size_t i = 0; i < sizeof(a); i++)
		kinds += seen[a[i]]++ == 0;
	CU_ASSERT(kinds > 100);
	memset(a, 0, sizeof(a));
	rand_bytes(a, 0);
	CU_ASSERT_EQUAL(a[0], 0);
}

static void
ids(void)
{
	char id[400], again[400], small[2] = "xy";

	rand_id(id, sizeof(id));
	rand_id(again, sizeof(again));
	CU_ASSERT_EQUAL(strlen(id), sizeof(id) - 1);
	CU_ASSERT_EQUAL(strspn(id, "0123456789abcdefghjkmnpqrstvwxyz"), sizeof(id) - 1);
	CU_ASSERT(strcmp(id, again) != 0);
	rand_id(small, 1);
	CU_ASSERT_EQUAL(small[0], 0);
	CU_ASSERT_EQUAL(small[1], 'y');
	rand_id(small, 0);
	CU_ASSERT_EQUAL(small[1], 'y');
}

static const struct unit_test tests[] = {
	{"bytes differ", bytes},
	{"ids are base 32", ids},
};

int
main(void)
{
	return unit_main("util/rand", tests, sizeof(tests) / sizeof(*tests));
}
