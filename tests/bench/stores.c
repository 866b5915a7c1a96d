/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stores -- operations of the store a second, and how long one takes: by the file alone, and with Redis, for 1, 8 and
 * 64 threads of one worker. Each call asks one thing, but for the last rows: a message's worth in one round trip.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/redis_server.h"
#include "tests/unit/svc/store_process.c"
#include "util/clock.h"
#include "util/limits.h"

enum { RUN_MS = 2000, THREADS = 64, SAMPLES = 200000, RECORDS = 20000, TOGETHER = 6 };

enum mix { GET, ADD, TALLY, MESSAGE, MIXES };

static const char *const names[MIXES] = {
	[GET] = "get", [ADD] = "add", [TALLY] = "tally", [MESSAGE] = "2 get 2 add 2 tally"};

struct caller {
	struct store *s;
	enum mix mix;
	uint64_t seed;
	int64_t end;
	size_t n, failed;
	uint32_t *us;
};

static struct store_request
request(enum mix mix, uint64_t n, char key[static 33])
{
	static const char value[110] = {1};
	struct store_request r = {.type = STORE_GREYLIST, .version = 1, .now = 1, .expires = LATER};

	snprintf(key, 33, "%032llx", (unsigned long long)((mix == ADD ? n : n % RECORDS) * 0x9e3779b97f4a7c15));
	r.key = view_of(key, 32);
	switch (mix) {
	case ADD:
		r.op = STORE_ADD;
		r.value = view_of(value, sizeof(value));
		break;
	case TALLY:
		r.op = STORE_TALLY;
		r.type = STORE_RATE;
		r.now = clock_wall();
		r.amount = 1;
		r.step = 60;
		r.window = 3600;
		break;
	default:
		r.op = STORE_GET;
	}
	return r;
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *
call(void *arg)
{
	struct caller *c = arg;
	struct arena *a = arena_new();
	size_t n = c->mix == MESSAGE ? TOGETHER : 1;

	for (uint64_t i = c->seed; c->n < SAMPLES && clock_mono_ms() < c->end; i += n) {
		struct store_request r[TOGETHER];
		struct store_result got[TOGETHER];
		char key[TOGETHER][33];
		int64_t start;

		for (size_t j = 0; j < n; j++)
			r[j] = request(c->mix == MESSAGE ? (enum mix)(j % MESSAGE) : c->mix, i + j, key[j]);
		start = now_us();
		store_do(c->s, r, n, a, got);
		c->us[c->n++] = (uint32_t)(now_us() - start);
		for (size_t j = 0; j < n; j++)
			c->failed += got[j].status == STORE_TEMPFAIL;
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
measure(struct store *s, const char *which, enum mix mix, int threads)
{
	static uint64_t run;
	struct caller c[THREADS];
	pthread_t t[THREADS];
	uint32_t *us = malloc((size_t)threads * SAMPLES * sizeof(*us));
	int64_t start = clock_mono_ms();
	size_t n = 0, failed = 0;
	double seconds;

	for (int i = 0; us && i < threads; i++) {
		c[i] = (struct caller){s, mix, ++run << 32, start + RUN_MS, 0, 0, us + (size_t)i * SAMPLES};
		if (pthread_create(&t[i], NULL, call, &c[i]) != 0)
			abort();
	}
	for (int i = 0; us && i < threads; i++) {
		pthread_join(t[i], NULL);
		memmove(us + n, c[i].us, c[i].n * sizeof(*us));
		n += c[i].n;
		failed += c[i].failed;
	}
	if (!us || n == 0)
		abort();
	seconds = (double)(clock_mono_ms() - start) / 1000;
	qsort(us, n, sizeof(*us), compare);
	printf("store: %-6s %-20s %2d thread%s %8.0f op/s  p50 %6u us  p99 %6u us  failed %zu\n", which, names[mix],
		threads, threads > 1 ? "s" : " ", (double)n * (mix == MESSAGE ? TOGETHER : 1) / seconds, us[n / 2],
		us[n * 99 / 100], failed);
	free(us);
}

static void
measure_all(const struct process *p, const char *which)
{
	static const int threads[] = {1, 8, THREADS};
	struct store *s = store_connect(p->socket, PATIENCE);
	struct arena *a = arena_new();

	for (uint64_t i = 0; i < RECORDS; i++) {
		char key[33];
		struct store_request r = request(ADD, i, key);
		struct store_result got;

		store_do(s, &r, 1, a, &got);
		arena_reset(a);
	}
	for (enum mix mix = GET; mix < MIXES; mix++)
		for (size_t i = 0; i < sizeof(threads) / sizeof(*threads); i++)
			measure(s, which, mix, threads[i]);
	arena_free(a);
	store_free(s);
}

static void
by_redis(void)
{
	struct store_redis_options o = {.link = {.n = 1}, .prefix = "bench:", .timeout_ms = PATIENCE};
	struct redis_server server;
	struct process p;

	if (!redis_server_start(&server, NULL))
		return;
	o.link.server = &server.address;
	process_folder(&p);
	process_start_redis(&p, &o);
	measure_all(&p, "Redis");
	printf("store: Redis holds %s records\n", redis_server_ask(&server, "DBSIZE"));
	process_stop(&p);
	process_remove(&p);
	redis_server_remove(&server);
}

int
main(void)
{
	struct process p;

	setvbuf(stdout, NULL, _IOLBF, 0);
	process_folder(&p);
	process_start(&p, false);
	measure_all(&p, "SQLite");
	process_stop(&p);
	process_remove(&p);
	by_redis();
	return 0;
}
