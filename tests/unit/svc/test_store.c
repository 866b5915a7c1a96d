/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One table of calls, carried out by the store in memory and by a store process behind a socket.
 */
#include "svc/store.h"

#include <pthread.h>
#include <stdlib.h>

#include "svc/store_page.h"
#include "svc/store/store_wire.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/unit.h"
#include "tests/unit/svc/store_process.c"

static const struct {
	const char *name;
	enum store_op op;
	uint8_t version;
	const char *key, *value;
	int64_t now, expires, amount;
	enum store_status want;
	const char *found; /* of a series: its sum */
} steps[] = {
	{"nothing there", STORE_GET, 1, "a", "", 10, 0, 0, STORE_NONE, NULL},
	{"first to add", STORE_ADD, 1, "a", "one", 10, 20, 0, STORE_NONE, NULL},
	{"second to add", STORE_ADD, 1, "a", "two", 11, 20, 0, STORE_FOUND, "one"},
	{"found", STORE_GET, 1, "a", "", 19, 0, 0, STORE_FOUND, "one"},
	{"expired", STORE_GET, 1, "a", "", 20, 0, 0, STORE_NONE, NULL},
	{"an expired one is added over", STORE_ADD, 1, "a", "three", 20, 30, 0, STORE_NONE, NULL},
	{"and found", STORE_GET, 1, "a", "", 20, 0, 0, STORE_FOUND, "three"},
	{"put over it", STORE_PUT, 1, "a", "four", 21, 40, 0, STORE_FOUND, NULL},
	{"found with its new end", STORE_GET, 1, "a", "", 39, 0, 0, STORE_FOUND, "four"},
	{"of another version", STORE_GET, 2, "a", "", 39, 0, 0, STORE_NONE, NULL},
	{"which keeps its own", STORE_ADD, 2, "a", "other", 39, 50, 0, STORE_NONE, NULL},
	{"and the first is kept", STORE_GET, 1, "a", "", 39, 0, 0, STORE_FOUND, "four"},
	{"empty value", STORE_PUT, 1, "e", "", 10, 20, 0, STORE_FOUND, NULL},
	{"is found", STORE_GET, 1, "e", "", 10, 0, 0, STORE_FOUND, ""},
	{"keys are bytes, with case", STORE_GET, 1, "A", "", 10, 0, 0, STORE_NONE, NULL},
	{"removed", STORE_REMOVE, 1, "a", "", 39, 0, 0, STORE_FOUND, NULL},
	{"then it is not there", STORE_GET, 1, "a", "", 39, 0, 0, STORE_NONE, NULL},
	{"nor to be removed", STORE_REMOVE, 1, "a", "", 39, 0, 0, STORE_NONE, NULL},
	{"of the other version it is", STORE_GET, 2, "a", "", 39, 0, 0, STORE_FOUND, "other"},
	{"no count", STORE_TALLY, 1, "t", "", 1000, 0, 0, STORE_NONE, NULL},
	{"counts", STORE_TALLY, 1, "t", "", 1000, 0, 3, STORE_FOUND, "3"},
	{"counts on", STORE_TALLY, 1, "t", "", 1009, 0, 4, STORE_FOUND, "7"},
	{"of a later step", STORE_TALLY, 1, "t", "", 1010, 0, 5, STORE_FOUND, "12"},
	{"only looks", STORE_TALLY, 1, "t", "", 1059, 0, 0, STORE_FOUND, "12"},
	{"the first step is over", STORE_TALLY, 1, "t", "", 1060, 0, 0, STORE_FOUND, "5"},
	{"a clock put back loses nothing", STORE_TALLY, 1, "t", "", 900, 0, 1, STORE_FOUND, "13"},
	{"and what it left counts as of then", STORE_TALLY, 1, "t", "", 959, 0, 0, STORE_FOUND, "13"},
	{"till that is over", STORE_TALLY, 1, "t", "", 961, 0, 0, STORE_NONE, NULL},
	{"more than 32 bits", STORE_TALLY, 1, "u", "", 1000, 0, 4697620480005, STORE_FOUND, "4697620480005"},
	{"and one", STORE_TALLY, 1, "u", "", 1001, 0, 1, STORE_FOUND, "4697620480006"},
};

static void
run_table(struct store *s, const char *which)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct store_request r = {.op = steps[i].op, .type = STORE_GREYLIST,
			.version = steps[i].version, .key = view_str(steps[i].key),
			.value = view_str(steps[i].value), .now = LATER + steps[i].now,
			.expires = LATER + steps[i].expires, .amount = steps[i].amount, .step = 10, .window = 60};
		struct store_result got;

		store_do(s, &r, 1, a, &got);
		if (r.op == STORE_TALLY && got.value.p)
			got.value = arena_printf(a, "%lld", (long long)store_series_sum(got.value));
		UNIT_CASE(got.status == steps[i].want, steps[i].name);
		UNIT_CASE(steps[i].found ? got.value.p && view_eq_str(got.value, steps[i].found)
					 : got.value.p == NULL, steps[i].name);
	}
	printf("  %s: %zu calls\n", which, sizeof(steps) / sizeof(*steps));
	arena_free(a);
}

/* Requests of one call are carried out in their order; what does not fit is no answer, and harms no other. */
static void
together(struct store *s)
{
	const struct store_request r[] = {
		{.op = STORE_PUT, .type = STORE_HOLD, .key = VIEW("x"), .value = VIEW("1"),
			.expires = LATER},
		{.op = STORE_GET, .type = STORE_HOLD, .key = VIEW("")},
		{.op = STORE_GET, .type = STORE_HOLD, .key = VIEW("x")},
		{.op = STORE_REMOVE, .type = STORE_HOLD, .key = VIEW("x")},
		{.op = STORE_GET, .type = STORE_HOLD, .key = VIEW("x")},
	};
	static const enum store_status want[] = {STORE_FOUND, STORE_TEMPFAIL, STORE_FOUND, STORE_FOUND,
		STORE_NONE};
	struct store_result got[5];
	struct arena *a = arena_new();

	store_do(s, r, 5, a, got);
	for (size_t i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(got[i].status, want[i]);
	UNIT_VIEW(got[2].value, "1");
	arena_free(a);
}

enum { LISTED = 500 };

/* Marks what a page lists; the cursor of the next one. */
static struct view
mark(struct view page, unsigned seen[static LISTED])
{
	struct store_page_record r;
	struct view cursor = VIEW("");

	CU_ASSERT(store_page_cursor(&page, &cursor));
	while (store_page_next(&page, &r)) {
		unsigned long n = r.key.n == 8 ? strtoul(r.key.p + 4, NULL, 10) : LISTED;

		CU_ASSERT_FATAL(n < LISTED);
		seen[n]++;
		CU_ASSERT(r.value.n == 100 && r.expires == LATER + (n % 2 ? 200 : 100));
	}
	return cursor;
}

/* Every record that has not expired, once; nothing of other keys, types and versions. */
static void
list(struct store *s)
{
	static char value[100];
	struct arena *a = arena_new();
	struct store_request r = {.op = STORE_SCAN, .type = STORE_HOLD, .version = 3, .key = VIEW("key-"),
		.value = VIEW(""), .now = LATER + 100};
	struct store_result got;
	unsigned seen[LISTED] = {0}, pages = 0;

	for (int i = 0; i < LISTED; i++)
		store_put(s, STORE_HOLD, 3, arena_printf(a, "key-%04d", i), view_of(value, sizeof(value)), 1,
			LATER + (i % 2 ? 200 : 100), a);
	store_put(s, STORE_HOLD, 3, VIEW("kex"), VIEW("x"), 1, LATER + 200, a);
	store_put(s, STORE_HOLD, 3, VIEW("key."), VIEW("x"), 1, LATER + 200, a);
	store_put(s, STORE_HOLD, 2, VIEW("key-0001"), VIEW("x"), 1, LATER + 200, a);
	store_put(s, STORE_GREYLIST, 3, VIEW("key-0001"), VIEW("x"), 1, LATER + 200, a);
	do {
		store_do(s, &r, 1, a, &got);
		CU_ASSERT_FATAL(got.status == STORE_FOUND && pages++ < 100);
		r.value = mark(got.value, seen);
	} while (r.value.n);
	for (int i = 0; i < LISTED; i++)
		CU_ASSERT_EQUAL((int)seen[i], i % 2);
	CU_ASSERT(pages > 1);
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
		view_of(value, STORE_VALUE_MAX), 10, LATER, a), STORE_FOUND);
	CU_ASSERT_EQUAL(store_get(s, STORE_GREYLIST, 1, view_of(key, STORE_KEY_MAX), 10, a, &v),
		STORE_FOUND);
	CU_ASSERT(view_eq(v, view_of(value, STORE_VALUE_MAX)));
	CU_ASSERT_EQUAL(store_put(s, STORE_GREYLIST, 1, view_of(key, STORE_KEY_MAX + 1), VIEW("x"), 10, 20, a),
		STORE_TEMPFAIL);
	CU_ASSERT_EQUAL(store_put(s, STORE_GREYLIST, 1, VIEW("k"), view_of(value, STORE_VALUE_MAX + 1), 10,
		20, a), STORE_TEMPFAIL);
	CU_ASSERT_EQUAL(store_put(s, STORE_GREYLIST, 1, VIEW(""), VIEW("x"), 10, 20, a), STORE_TEMPFAIL);
	arena_free(a);
}

static void
local(void)
{
	struct store *s = store_local();
	struct store_counters n;

	run_table(s, "local");
	limits(s);
	together(s);
	list(s);
	store_count(s, &n);
	CU_ASSERT_EQUAL(n.failures, 4);
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
	together(s);
	list(s);
	store_count(s, &n);
	CU_ASSERT_EQUAL(n.late, 0);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
}

/* ---- Redis ---- */

static const struct store_redis_options redis_options = {.link = {.n = 1}, .prefix = "test*:", .timeout_ms = PATIENCE};

/* Until what is put is seen in Redis: then it has been found. */
static void
reach(struct store *s, const struct redis_server *server)
{
	struct arena *a = arena_new();

	for (int i = 0; i < 2000 && strcmp(redis_server_ask(server, "EXISTS test*:1:9:there"), "1") != 0; i++) {
		store_put(s, STORE_GREYLIST, 9, VIEW("there"), VIEW(""), 1, LATER, a);
		usleep(2000);
	}
	CU_ASSERT_STRING_EQUAL_FATAL(redis_server_ask(server, "EXISTS test*:1:9:there"), "1");
	arena_free(a);
}

static void
by_redis(void)
{
	struct store_redis_options o = redis_options;
	struct redis_server server;
	struct process p;
	struct store *s;
	struct store_counters n;

	if (!redis_server_start(&server, NULL))
		return;
	o.link.server = &server.address;
	process_folder(&p);
	process_start_redis(&p, &o);
	s = store_connect(p.socket, 2 * PATIENCE);
	reach(s, &server);
	run_table(s, "Redis");
	limits(s);
	together(s);
	list(s);
	store_count(s, &n);
	CU_ASSERT_EQUAL(n.failures, 4);
	CU_ASSERT_EQUAL(n.late, 0);
	CU_ASSERT(strtol(redis_server_ask(&server, "DBSIZE"), NULL, 10) > LISTED);
	store_free(s);
	CU_ASSERT(process_stop(&p));
	process_remove(&p);
	redis_server_remove(&server);
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
		enum store_status got = store_add(r->s, STORE_GREYLIST, 1, key, VIEW("x"), 10, LATER, a, &v);

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
	{"calls, by the store process with Redis", by_redis},
	{"many threads, two workers", concurrent},
};

int
main(void)
{
	return unit_main("svc/store", tests, sizeof(tests) / sizeof(*tests));
}
