/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One table of calls, carried out by the store in memory and by a store process behind a socket.
 */
#include "svc/store.h"

#include <pthread.h>

#include "svc/store_wire.h"
#include "tests/lib/unit.h"
#include "tests/unit/svc/store_process.c"

static const struct {
	const char *name;
	enum store_op op;
	uint8_t version;
	const char *key, *value;
	int64_t now, expires;
	enum store_status want;
	const char *found;
} steps[] = {
	{"nothing there", STORE_GET, 1, "a", "", 10, 0, STORE_NONE, NULL},
	{"first to add", STORE_ADD, 1, "a", "one", 10, 20, STORE_NONE, NULL},
	{"second to add", STORE_ADD, 1, "a", "two", 11, 20, STORE_FOUND, "one"},
	{"found", STORE_GET, 1, "a", "", 19, 0, STORE_FOUND, "one"},
	{"expired", STORE_GET, 1, "a", "", 20, 0, STORE_NONE, NULL},
	{"an expired one is added over", STORE_ADD, 1, "a", "three", 20, 30, STORE_NONE, NULL},
	{"and found", STORE_GET, 1, "a", "", 20, 0, STORE_FOUND, "three"},
	{"put over it", STORE_PUT, 1, "a", "four", 21, 40, STORE_FOUND, NULL},
	{"found with its new end", STORE_GET, 1, "a", "", 39, 0, STORE_FOUND, "four"},
	{"of another version", STORE_GET, 2, "a", "", 39, 0, STORE_NONE, NULL},
	{"which keeps its own", STORE_ADD, 2, "a", "other", 39, 50, STORE_NONE, NULL},
	{"and the first is kept", STORE_GET, 1, "a", "", 39, 0, STORE_FOUND, "four"},
	{"empty value", STORE_PUT, 1, "e", "", 10, 20, STORE_FOUND, NULL},
	{"is found", STORE_GET, 1, "e", "", 10, 0, STORE_FOUND, ""},
	{"keys are bytes, with case", STORE_GET, 1, "A", "", 10, 0, STORE_NONE, NULL},
};

static void
run_table(struct store *s, const char *which)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct view v = {0}, key = view_str(steps[i].key), value = view_str(steps[i].value);
		enum store_status got;

		if (steps[i].op == STORE_GET)
			got = store_get(s, STORE_GREYLIST, steps[i].version, key, steps[i].now, a, &v);
		else if (steps[i].op == STORE_ADD)
			got = store_add(s, STORE_GREYLIST, steps[i].version, key, value, steps[i].now,
				steps[i].expires, a, &v);
		else
			got = store_put(s, STORE_GREYLIST, steps[i].version, key, value, steps[i].now,
				steps[i].expires);
		UNIT_CASE(got == steps[i].want, steps[i].name);
		UNIT_CASE(steps[i].found ? v.p && view_eq_str(v, steps[i].found) : v.p == NULL,
			steps[i].name);
	}
	printf("  %s: %zu calls\n", which, sizeof(steps) / sizeof(*steps));
	arena_free(a);
}

static void
limits(struct store *s)
{
	static char key[STORE_KEY_MAX + 1], value[STORE_VALUE_MAX + 1];
	struct arena *a = arena_new();
	struct view v;

	memset(key, 'k', sizeof(key));
	memset(value, 'v', sizeof(value));
	CU_ASSERT_EQUAL(store_put(s, STORE_GREYLIST, 1, view_of(key, STORE_KEY_MAX),
		view_of(value, STORE_VALUE_MAX), 10, 20), STORE_FOUND);
	CU_ASSERT_EQUAL(store_get(s, STORE_GREYLIST, 1, view_of(key, STORE_KEY_MAX), 10, a, &v),
		STORE_FOUND);
	CU_ASSERT(view_eq(v, view_of(value, STORE_VALUE_MAX)));
	CU_ASSERT_EQUAL(store_put(s, STORE_GREYLIST, 1, view_of(key, STORE_KEY_MAX + 1), VIEW("x"), 10, 20),
		STORE_TEMPFAIL);
	CU_ASSERT_EQUAL(store_put(s, STORE_GREYLIST, 1, VIEW("k"), view_of(value, STORE_VALUE_MAX + 1), 10,
		20), STORE_TEMPFAIL);
	CU_ASSERT_EQUAL(store_put(s, STORE_GREYLIST, 1, VIEW(""), VIEW("x"), 10, 20), STORE_TEMPFAIL);
	arena_free(a);
}

static void
local(void)
{
	struct store *s = store_local();
	struct store_counters n;

	run_table(s, "local");
	limits(s);
	store_count(s, &n);
	CU_ASSERT_EQUAL(n.failures, 3);
	store_free(s);
	store_free(NULL);
}

static void
remote(void)
{
	struct process p;
	struct store *s;
	struct store_counters n;

	process_folder(&p);
	process_start(&p, false);
	s = store_connect(p.socket, PATIENCE);
	run_table(s, "remote");
	limits(s);
	store_count(s, &n);
	CU_ASSERT_EQUAL(n.calls, sizeof(steps) / sizeof(*steps) + 5);
	CU_ASSERT_EQUAL(n.late, 0);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

/* ---- many at once ---- */

enum { THREADS = 24, ROUNDS = 50 };

struct racer {
	struct store *s;
	unsigned first, failed;
};

static void *
race(void *arg)
{
	struct racer *r = arg;
	struct arena *a = arena_new();

	for (int i = 0; i < ROUNDS; i++) {
		struct view v, key = arena_printf(a, "key-%d", i);
		enum store_status got = store_add(r->s, STORE_GREYLIST, 1, key, VIEW("x"), 10, 20, a, &v);

		r->first += got == STORE_NONE;
		r->failed += got == STORE_TEMPFAIL;
	}
	arena_free(a);
	return NULL;
}

/* More threads than connections, and two workers: of all who add a record, one is first. */
static void
crowd(struct store *one, struct store *two)
{
	struct racer r[THREADS] = {0};
	pthread_t t[THREADS];
	unsigned first = 0, failed = 0;

	for (size_t i = 0; i < THREADS; i++) {
		r[i].s = i % 2 ? one : two;
		if (pthread_create(&t[i], NULL, race, &r[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		first += r[i].first;
		failed += r[i].failed;
	}
	CU_ASSERT_EQUAL(first, ROUNDS);
	CU_ASSERT_EQUAL(failed, 0);
}

static void
concurrent(void)
{
	struct process p;
	struct store *one, *two;

	one = store_local();
	crowd(one, one);
	store_free(one);
	process_folder(&p);
	process_start(&p, false);
	one = store_connect(p.socket, 20000);
	two = store_connect(p.socket, 20000);
	crowd(one, two);
	store_free(one);
	store_free(two);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

static const struct unit_test tests[] = {
	{"calls, in memory", local},
	{"calls, by the store process", remote},
	{"many threads, two workers", concurrent},
};

int
main(void)
{
	return unit_main("svc/store", tests, sizeof(tests) / sizeof(*tests));
}
