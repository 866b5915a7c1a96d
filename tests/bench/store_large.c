/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_large -- a store with ten million records: the size of its file, the memory of its process, and how long
 * calls take while half of what the walk meets is removed, beside how long they take while nothing is.
 *
 *	store_large [KEYS [FILE [DAYS]]]
 *
 * A file that is given is kept, and taken as it is if it exists. With DAYS it is only written, as it would have been
 * so many days ago: after two days half of the records have expired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "svc/store/store_sqlite.h"
#include "tests/lib/timed_calls.h"
#include "tests/unit/svc/store_process.c"
#include "util/clock.h"

enum { KEYS = 10000000, SORTED = 1000000, KEY = 32, VALUE = 110, THREADS = 8, RUN_MS = 10000, DAY = 86400 };
enum { RATE = 2000 };         /* calls a second: of 500 messages, or more */
enum { SAMPLES = 1000000 }; /* of one thread, kept */

static int64_t written_ms;
static int64_t *days_on; /* shared with the store process: how far its clock is ahead */

/* The store process asks the wall clock, and this is it. */
time_t
time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += days_on ? *days_on * DAY : 0;
	if (out)
		*out = t.tv_sec;
	return t.tv_sec;
}

/* ---- records ---- */

struct key {
	uint64_t word[KEY / 8];
};

static uint64_t
scramble(uint64_t x) /* splitmix64 */
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static struct key
key_of(uint64_t n)
{
	struct key k;

	for (size_t i = 0; i < KEY / 8; i++)
		k.word[i] = scramble(n * 4 + i);
	return k;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

static struct store_request
request(enum store_op op, const struct key *k, int64_t now)
{
	static const char value[VALUE] = {1, 2, 3};

	return (struct store_request){.op = op, .type = STORE_GREYLIST, .version = 1, .now = now,
		.expires = now + (k->word[0] & 1 ? 1 : 36) * DAY, .key = view_of((const char *)k, KEY),
		.value = view_of(value, sizeof(value))};
}

/* In an order that spreads over the whole file a million at a time, sorted: as random keys fill it, but faster. */
static void
fill(const char *path, uint64_t n)
{
	struct store_sqlite *s = store_sqlite_new(path);
	struct key *sorted = malloc(SORTED * sizeof(*sorted));
	int64_t start = clock_mono_ms(), now = clock_wall();
	struct view none;

	if (!sorted)
		abort();
	for (uint64_t at = 0; at < n; at += SORTED) {
		uint64_t m = n - at < SORTED ? n - at : SORTED;

		for (uint64_t i = 0; i < m; i++)
			sorted[i] = key_of(at + i);
		qsort(sorted, m, sizeof(*sorted), compare);
		for (uint64_t i = 0; i < m; i++) {
			struct store_request r = request(STORE_PUT, &sorted[i], now);

			if (store_sqlite_do(s, &r, &none) != STORE_FOUND)
				abort();
			if (store_sqlite_due(s) == 0)
				store_sqlite_tick(s, now);
		}
		fprintf(stderr, "store: %llu of %llu records\r", (unsigned long long)(at + m),
			(unsigned long long)n);
	}
	fprintf(stderr, "%40s\r", "");
	store_sqlite_free(s);
	free(sorted);
	written_ms = clock_mono_ms() - start;
}

/* ---- callers ---- */

/* As the greylist asks: half of the senders are known. ctx: how many are there */
static struct store_request
ask(void *ctx, uint64_t n, char key[static TIMED_CALLS_KEY])
{
	uint64_t draw = scramble(n), keys = *(const uint64_t *)ctx;
	struct key k = key_of(draw & 1 ? draw >> 1 : (draw >> 1) % keys);
	struct store_request r = request(STORE_ADD, &k, clock_wall());

	memcpy(key, &k, KEY);
	r.key = view_of(key, KEY);
	return r;
}

/* The 99th percentile, in microseconds. */
static uint32_t
measure(struct store *s, const char *what, uint64_t keys, uint64_t seed, unsigned rate)
{
	const struct timed_calls calls = {.store = s, .threads = THREADS, .together = 1, .samples = SAMPLES,
		.ms = RUN_MS, .rate = rate, .seed = seed, .request = ask, .ctx = &keys};
	struct timed_calls_result r = timed_calls_run(&calls);
	uint32_t p99 = r.us[r.n * 99 / 100];

	printf("store: %-15s %8.0f adds/s  p50 %6u us  p99 %6u us  p99.9 %6u us  worst %7u us  failed %zu\n", what,
		(double)r.n / r.seconds, r.us[r.n / 2], p99, r.us[r.n * 999 / 1000], r.us[r.n - 1], r.failed);
	free(r.us);
	return p99;
}

static long
memory_kb(pid_t pid, const char *what)
{
	char path[64], line[200];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, what, strlen(what)) == 0)
			kb = strtol(line + strlen(what), NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

static void
expiry(const struct process *p, uint64_t keys, unsigned rate)
{
	struct store *s = store_connect(p->socket, 5000);
	uint32_t quiet, busy;

	*days_on = 0;
	quiet = measure(s, "nothing expires", keys, 2 + rate, rate);
	*days_on = 2;
	busy = measure(s, "half expires", keys, 3 + rate, rate);
	printf("store: p99 during expiry %.2f of that without; aim: 3\n", (double)busy / (double)(quiet ? quiet : 1));
	store_free(s);
}

int
main(int argc, char **argv)
{
	uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : KEYS;
	struct process p;
	struct stat st;

	setvbuf(stdout, NULL, _IOLBF, 0);
	days_on = mmap(NULL, sizeof(*days_on), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (days_on == MAP_FAILED || keys == 0)
		return 1;
	process_folder(&p);
	if (argc > 2)
		snprintf(p.file, sizeof(p.file), "%s", argv[2]);
	*days_on = argc > 3 ? -strtol(argv[3], NULL, 10) : 0;
	if (stat(p.file, &st) != 0)
		fill(p.file, keys);
	if (argc > 3) {
		process_remove(&p);
		return 0;
	}
	if (written_ms)
		printf("store: %llu records written in %.0f s\n", (unsigned long long)keys, (double)written_ms / 1000);
	if (stat(p.file, &st) == 0)
		printf("store: a file of %.2f GB, %.0f bytes a record; aim: 2 GB with 10 million\n",
			(double)st.st_size / 1e9, (double)st.st_size / (double)keys);
	process_start(&p, false);
	expiry(&p, keys, RATE);
	expiry(&p, keys, 0);
	printf("store: memory of its process %ld MB, of which its own %ld MB\n", memory_kb(p.pid, "VmHWM:") / 1024,
		memory_kb(p.pid, "RssAnon:") / 1024);
	process_stop(&p);
	process_remove(&p);
	return 0;
}
