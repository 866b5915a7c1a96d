/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The walk over the records of a small database: what has expired goes, and what would first when it is crowded.
 */
#include "svc/store/store_table.h"

#include <stdio.h>

#include "tests/lib/unit.h"

enum { PAGES = 128, KNOWN = 100, FLOOD = 6000 };

static struct store_file f;
static struct store_round at;
static struct store_row row;

static void
begin(void)
{
	store_table_init(&f, ":memory:", PAGES);
	CU_ASSERT_EQUAL_FATAL(store_file_open(&f), SQLITE_OK);
	at = (struct store_round){.seen = 0};
}

/* Keys in no order, as hashes are. */
static struct store_request
numbered(const char *kind, unsigned i)
{
	static char key[40];
	int n = snprintf(key, sizeof(key), "%08x-%s-%u", i * 2654435761u, kind, i);

	return (struct store_request){.type = STORE_GREYLIST, .version = 1, .key = view_of(key, (size_t)n)};
}

static int
put(const char *kind, unsigned i, int64_t expires)
{
	static char value[100];
	struct store_request r = numbered(kind, i);

	return store_table_put(&f, &r, view_of(value, sizeof(value)), expires);
}

static unsigned
left(const char *kind, unsigned n)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++) {
		struct store_request r = numbered(kind, i);

		found += store_table_get(&f, &r, &row) == SQLITE_ROW;
	}
	return found;
}

/* Every record is looked at once a round, whatever goes meanwhile; the count is of those that stay. */
static void
expired(void)
{
	int steps = 0;

	begin();
	for (unsigned i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL(put("a", i, i % 10 == 0 ? 200 : 100), SQLITE_DONE);
	do {
		CU_ASSERT_EQUAL(store_table_clear(&f, &at, 100), SQLITE_DONE);
	} while (at.key.n && ++steps < 100);
	CU_ASSERT_EQUAL(steps, 1000 / STORE_EXPIRE_STEP);
	CU_ASSERT_EQUAL(at.records, 100);
	CU_ASSERT_EQUAL(left("a", 1000), 100);
	store_file_close(&f);
}

/* A flood of new records never fills it, and does not push out those that live longer. */
static void
crowded(void)
{
	unsigned flood;

	begin();
	for (unsigned i = 0; i < KNOWN; i++)
		CU_ASSERT_EQUAL(put("known", i, 36 * 86400), SQLITE_DONE);
	for (unsigned i = 0; i < FLOOD; i++) {
		CU_ASSERT_EQUAL_FATAL(put("flood", i, 86400 + i), SQLITE_DONE);
		if (i % (STORE_EXPIRE_STEP / 10) == 0) {
			CU_ASSERT_EQUAL(store_table_clear(&f, &at, 100), SQLITE_DONE);
		}
	}
	flood = left("flood", FLOOD);
	CU_ASSERT(flood > 1000 && flood < 4000);
	CU_ASSERT_EQUAL(left("known", KNOWN), KNOWN);
	store_file_close(&f);
}

/* A flood of one kind pushes out nothing of another, however soon that expires. */
static void
other_kinds(void)
{
	static const uint8_t types[] = {STORE_RATE, STORE_KNOWN, STORE_ACCOUNT};
	char key[16], value[100] = "";
	struct store_request r = {.version = 1};

	begin();
	for (unsigned i = 0; i < KNOWN; i++) {
		r.type = types[i % 3];
		r.key = view_of(key, (size_t)snprintf(key, sizeof(key), "k%u", i));
		CU_ASSERT_EQUAL_FATAL(store_table_put(&f, &r, view_of(value, sizeof(value)), 3600 + i), SQLITE_DONE);
	}
	for (unsigned i = 0; i < 2 * FLOOD; i++) {
		CU_ASSERT_EQUAL_FATAL(put("flood", i, 86400 + i), SQLITE_DONE);
		if (i % (STORE_EXPIRE_STEP / 10) == 0) {
			CU_ASSERT_EQUAL(store_table_clear(&f, &at, 100), SQLITE_DONE);
		}
	}
	CU_ASSERT(left("flood", 2 * FLOOD) < 4000);
	for (unsigned i = 0; i < KNOWN; i++) {
		r.type = types[i % 3];
		r.key = view_of(key, (size_t)snprintf(key, sizeof(key), "k%u", i));
		UNIT_CASE(store_table_get(&f, &r, &row) == SQLITE_ROW, key);
	}
	do { /* in time they go as all do */
		CU_ASSERT_EQUAL(store_table_clear(&f, &at, 4000), SQLITE_DONE);
	} while (at.key.n);
	do {
		CU_ASSERT_EQUAL(store_table_clear(&f, &at, 4000), SQLITE_DONE);
	} while (at.key.n);
	CU_ASSERT_EQUAL(at.records, left("flood", 2 * FLOOD));
	store_file_close(&f);
}

/* Times at the ends of their range do no harm. */
static void
extreme(void)
{
	begin();
	for (unsigned i = 0; i < FLOOD; i++) {
		CU_ASSERT_EQUAL_FATAL(put("flood", i, i % 2 ? INT64_MAX : INT64_MIN), SQLITE_DONE);
		if (i % (STORE_EXPIRE_STEP / 10) == 0) {
			CU_ASSERT_EQUAL(store_table_clear(&f, &at, INT64_MIN), SQLITE_DONE);
		}
	}
	store_file_close(&f);
}

static const struct unit_test tests[] = {
	{"what has expired goes", expired},
	{"a flood", crowded},
	{"a flood of another kind", other_kinds},
	{"extreme times", extreme},
};

int
main(void)
{
	return unit_main("svc/store_table", tests, sizeof(tests) / sizeof(*tests));
}
