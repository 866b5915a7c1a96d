/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/postgrey_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/greylist_record.h"
#include "engine/known.h"
#include "tests/lib/unit.h"

#define HEAD "VERSION=3\nformat=print\ntype=btree\ndb_pagesize=4096\nHEADER=END\n"
#define NET "192.0.2.0/24"

enum { NOW = 1795000000, LIFE = 10000, WINDOW = 5000, WAIT = 120 };

static struct postgrey_import
import(struct store *store, const char *lines)
{
	struct postgrey_import i = {.store = store, .terms = {WAIT, WINDOW, LIFE, 3600}, .now = NOW};
	char path[] = "/tmp/postern-test.XXXXXX";
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_FATAL(dprintf(fd, HEAD "%sDATA=END\n", lines) > 0);
	close(fd);
	CU_ASSERT_EQUAL(postgrey_import(&i, (char *[]){path, NULL}), 0);
	unlink(path);
	return i;
}

static bool
find(struct store *store, struct view key, bool network, int64_t now, struct arena *a,
	struct greylist_record *out)
{
	struct store_request q = {.op = STORE_GET, .type = STORE_GREYLIST, .version = GREYLIST_RECORD_VERSION,
		.key = key, .now = now};
	struct store_result found;

	if (network)
		q = known_request(STORE_GET, key, now);
	store_do(store, &q, 1, a, &found);
	return found.status == STORE_FOUND && greylist_record_read(found.value, out);
}

/* What is remembered, of times relative to now, and for how long. */
static void
times(void)
{
	static const struct {
		const char *name;
		int first, last;
		bool network, passed;
		int want_first, want_used, ends;
	} rows[] = {
		{"passed", -4000, -3000, false, true, -4000, -3000, LIFE - 3000},
		{"waits", -100, -100, false, false, -100, -100, WINDOW - 100},
		{"passed, and the clock was put back since", 90000000, 90001000, false, true, 0, 0, LIFE},
		{"began before, and passed by another clock", -1000, 90000000, false, true, -1000, 0, LIFE},
		{"waits, by another clock", 90000000, 90000010, false, false, 0, 0, WINDOW},
		{"a client", 0, -3000, true, true, -3000, -3000, LIFE - 3000},
		{"a client, by another clock", 0, 90000000, true, true, 0, 0, LIFE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct store *store = store_local();
		struct arena *a = arena_new();
		struct greylist_record r = {.passed = false};
		struct view key = rows[i].network
			? known_key(KNOWN_ORGANISATION, VIEW(NET), (struct view){NULL, 0}, a)
			: greylist_record_key(VIEW(NET), VIEW("joe@x.example"), VIEW("kim@y.example"), a);
		char line[200];

		if (rows[i].network)
			snprintf(line, sizeof(line), " 192.0.2.7\n 12,%d\n", NOW + rows[i].last);
		else
			snprintf(line, sizeof(line), " 192.0.2.0/joe@x.example/kim@y.example\n %d,%d\n",
				NOW + rows[i].first, NOW + rows[i].last);
		import(store, line);
		UNIT_CASE(find(store, key, rows[i].network, NOW, a, &r), rows[i].name);
		UNIT_CASE(r.passed == rows[i].passed, rows[i].name);
		UNIT_CASE(r.first == NOW + rows[i].want_first, rows[i].name);
		UNIT_CASE(r.used == NOW + rows[i].want_used, rows[i].name);
		UNIT_CASE(find(store, key, rows[i].network, NOW + rows[i].ends - 1, a, &r), rows[i].name);
		UNIT_CASE(!find(store, key, rows[i].network, NOW + rows[i].ends, a, &r), rows[i].name);
		arena_free(a);
		store_free(store);
	}
}

/* Each record is one of these. */
static void
counts(void)
{
	struct store *store = store_local();
	struct postgrey_import i = import(store, " 192.0.2.0/a@x.example/kim@y.example\n 1794999000,1794999900\n"
		" 192.0.2.0/b@x.example/kim@y.example\n 1794999990,1794999990\n"
		" 192.0.2.0/old@x.example/kim@y.example\n 1000,2000\n"
		" 192.0.2.9\n 5,1794999000\n 192.0.2.9\n 4,1794999000\n"
		" da39a3ee5e6b4b0d3255bfef95601890afd80709\n 1,2\n nonsense\n 1\n");

	CU_ASSERT_EQUAL(i.records, 7);
	CU_ASSERT_EQUAL(i.passed, 1);
	CU_ASSERT_EQUAL(i.waiting, 1);
	CU_ASSERT_EQUAL(i.networks, 1);
	CU_ASSERT_EQUAL(i.over, 2);
	CU_ASSERT_EQUAL(i.hashed, 1);
	CU_ASSERT_EQUAL(i.odd, 1);
	i = import(store, " 192.0.2.0/a@x.example/kim@y.example\n 1794999000,1794999900\n");
	CU_ASSERT_EQUAL(i.passed, 0);
	CU_ASSERT_EQUAL(i.there, 1);
	store_free(store);
}

static const struct unit_test tests[] = {
	{"times, and times ahead", times},
	{"what becomes of each record", counts},
};

int
main(void)
{
	return unit_main("cmd/postgrey_import", tests, sizeof(tests) / sizeof(*tests));
}
