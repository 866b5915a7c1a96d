/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/name_table.h"

#include <stdio.h>

#include "tests/lib/unit.h"

static void
keeps_names(void)
{
	struct name_table t;
	static int items[300];
	static char names[300][8];
	struct arena *a = arena_new();

	name_table_init(&t);
	CU_ASSERT(name_table_find(&t, VIEW("n0")) == NULL);
	for (int i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "n%d", 299 - i);
		CU_ASSERT(name_table_add(&t, view_str(names[i]), &items[i]));
	}
	CU_ASSERT(!name_table_add(&t, VIEW("n7"), &items[0]));
	CU_ASSERT(name_table_find(&t, VIEW("n7")) == &items[292]);
	CU_ASSERT_EQUAL(t.n, 300);
	UNIT_VIEW(t.row[0].name, "n299");
	name_table_sort(&t);
	UNIT_VIEW(t.row[0].name, "n0");
	UNIT_VIEW(t.row[299].name, "n99");
	CU_ASSERT(t.row[0].item == &items[299]);
	name_table_done(&t);

	name_table_init(&t);
	CU_ASSERT(name_table_hint(&t, VIEW("partner"), a) == NULL);
	name_table_add(&t, VIEW("partners"), items);
	CU_ASSERT_STRING_EQUAL(name_table_hint(&t, VIEW("partner"), a), "did you mean 'partners'?");
	name_table_sort(&t);
	name_table_done(&t);
	arena_free(a);
}

static const struct unit_test tests[] = {{"keeps names", keeps_names}};

int
main(void)
{
	return unit_main("policy/name_table", tests, sizeof(tests) / sizeof(*tests));
}
