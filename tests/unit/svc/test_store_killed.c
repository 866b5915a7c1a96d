/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The store process is killed again and again while it writes. What it had answered is there when it is back, but for
 * the last batch at most, and nothing is damaged.
 *
 * WRITES (60,000 unless said) are made in all; .ci/run makes a million.
 */
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "tests/lib/unit.h"
#include "tests/unit/svc/store_process.c"
#include "util/limits.h"

enum { WRITES = 60000, MOST = 50000, FEWEST = 3 }; /* in all; between two kills; kills */

struct writer {
	struct store *s;
	uint64_t next;                 /* number of the record that is written next */
	atomic_uint_least64_t written; /* records that were acknowledged, in their order */
	atomic_bool stop, ended;
};

static void
write_number(uint64_t n, char out[static 8])
{
	for (size_t i = 8; i-- > 0; n >>= 8)
		out[i] = (char)(n & 0xff);
}

/* Writes records in the order of their numbers, until one is not acknowledged. */
static void *
write_on(void *arg)
{
	struct writer *w = arg;
	struct arena *a = arena_new();
	bool good = true;

	while (good && !atomic_load(&w->stop)) {
		struct store_request r[STORE_CALLS_MAX];
		struct store_result got[STORE_CALLS_MAX];
		char key[STORE_CALLS_MAX][8];

		for (size_t i = 0; i < STORE_CALLS_MAX; i++) {
			write_number(w->next + i, key[i]);
			r[i] = (struct store_request){.op = STORE_PUT, .type = STORE_GREYLIST, .version = 1, .now = 1,
				.expires = LATER, .key = view_of(key[i], 8),
				.value = VIEW("forty bytes of what is remembered of it.")};
		}
		store_do(w->s, r, STORE_CALLS_MAX, a, got);
		for (size_t i = 0; good && i < STORE_CALLS_MAX; i++) {
			good = got[i].status == STORE_FOUND;
			w->next += good;
		}
		atomic_store(&w->written, w->next);
		arena_reset(a);
	}
	arena_free(a);
	atomic_store(&w->ended, true);
	return NULL;
}

/* What was asked after the end waits for the next process, which would carry it out: a gap. */
static void
hang_up(const struct process *p)
{
	int fd;

	while ((fd = accept(p->listener, NULL, NULL)) >= 0)
		close(fd);
}

/* Until so many records are written the process lives. How many were acknowledged. */
static uint64_t
write_until_killed(struct process *p, uint64_t from, uint64_t to)
{
	struct writer w = {.s = store_connect(p->socket, PATIENCE / 5), .next = from};
	pthread_t t;

	atomic_store(&w.written, from);
	if (pthread_create(&t, NULL, write_on, &w) != 0)
		abort();
	while (atomic_load(&w.written) < to && !atomic_load(&w.ended))
		usleep(100);
	kill(p->pid, SIGKILL);
	process_reap(p);
	atomic_store(&w.stop, true);
	pthread_join(t, NULL);
	hang_up(p);
	store_free(w.s);
	return atomic_load(&w.written);
}

/* The one value of a question; "" if there is none. */
static const char *
ask(sqlite3 *db, const char *sql)
{
	static char text[200];
	sqlite3_stmt *q = NULL;

	text[0] = '\0';
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return text;
}

/* The process finds its file again, and leaves it whole; the records are the first ones, without a gap. How many. */
static uint64_t
look(struct process *p)
{
	struct store *s;
	sqlite3 *db;
	uint64_t n;
	char last[40], want[40], number[8];
	struct view v;
	struct arena *a = arena_new();

	process_start(p, false);
	s = store_connect(p->socket, PATIENCE);
	write_number(0, number);
	CU_ASSERT_EQUAL(store_get(s, STORE_GREYLIST, 1, view_of(number, 8), 1, a, &v), STORE_FOUND);
	store_free(s);
	arena_free(a);
	CU_ASSERT(process_stop(p));
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(p->file, &db), SQLITE_OK);
	CU_ASSERT_STRING_EQUAL(ask(db, "PRAGMA integrity_check"), "ok");
	n = strtoull(ask(db, "SELECT count(*) FROM record"), NULL, 10);
	snprintf(last, sizeof(last), "%s", ask(db, "SELECT hex(max(key)) FROM record"));
	snprintf(want, sizeof(want), "%016llX", (unsigned long long)n - 1);
	CU_ASSERT_STRING_EQUAL(last, want);
	sqlite3_close(db);
	return n;
}

static void
killed(void)
{
	const char *given = getenv("WRITES");
	uint64_t writes = given ? strtoull(given, NULL, 10) : WRITES, there = 0, kills = 0, most = 0;
	uint64_t step = writes / FEWEST < MOST ? writes / FEWEST : MOST;
	struct process p;

	process_folder(&p);
	while (there < writes && kills < 2 * writes / step + 2) {
		uint64_t acknowledged;

		process_start(&p, false);
		acknowledged = write_until_killed(&p, there, there + step - 1237 * (kills % 5));
		there = look(&p);
		kills++;
		most = acknowledged > there && acknowledged - there > most ? acknowledged - there : most;
		CU_ASSERT(there + STORE_BATCH + STORE_CALLS_MAX >= acknowledged);
	}
	CU_ASSERT(there >= writes);
	printf("  %llu records, %llu kills: %llu acknowledged ones lost at most\n", (unsigned long long)there,
		(unsigned long long)kills, (unsigned long long)most);
	process_remove(&p);
}

static const struct unit_test tests[] = {
	{"killed while it writes", killed},
};

int
main(void)
{
	return unit_main("svc/store_killed", tests, sizeof(tests) / sizeof(*tests));
}
