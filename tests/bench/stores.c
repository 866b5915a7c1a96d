/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stores -- operations of the store a second, and how long one takes: by the file alone, and with Redis, for 1, 8 and
 * 64 threads of one worker. Each call asks one thing, but for the last rows: a message's worth in one round trip.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/redis_server.h"
#include "tests/lib/timed_calls.h"
#include "tests/unit/svc/store_process.c"
#include "util/clock.h"

enum { RUN_MS = 2000, THREADS = 64, SAMPLES = 200000, RECORDS = 20000, TOGETHER = 6 };

enum mix { GET, ADD, TALLY, MESSAGE, MIXES };

static const char *const names[MIXES] = {
	[GET] = "get", [ADD] = "add", [TALLY] = "tally", [MESSAGE] = "2 get 2 add 2 tally"};

static struct store_request
request(void *ctx, uint64_t n, char key[static TIMED_CALLS_KEY])
{
	static const char value[110] = {1};
	struct store_request r = {.type = STORE_GREYLIST, .version = 1, .now = 1, .expires = LATER};
	enum mix mix = *(const enum mix *)ctx;

	if (mix == MESSAGE)
		mix = (enum mix)(n % MESSAGE);
	snprintf(key, TIMED_CALLS_KEY, "%032llx", (unsigned long long)((mix == ADD ? n : n % RECORDS) * 0x9e3779b97f4a7c15));
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

static void
measure(struct store *s, const char *which, enum mix mix, int threads)
{
	static uint64_t run;
	const struct timed_calls calls = {.store = s, .threads = threads, .together = mix == MESSAGE ? TOGETHER : 1,
		.samples = SAMPLES, .ms = RUN_MS, .seed = ++run << 32, .request = request, .ctx = &mix};
	struct timed_calls_result r = timed_calls_run(&calls);

	printf("store: %-6s %-20s %2d thread%s %8.0f op/s  p50 %6u us  p99 %6u us  failed %zu\n", which, names[mix],
		threads, threads > 1 ? "s" : " ", (double)(r.n * calls.together) / r.seconds, r.us[r.n / 2],
		r.us[r.n * 99 / 100], r.failed);
	free(r.us);
}

static void
measure_all(const struct process *p, const char *which)
{
	static const int threads[] = {1, 8, THREADS};
	struct store *s = store_connect(p->socket, PATIENCE);
	struct arena *a = arena_new();
	enum mix add = ADD;

	for (uint64_t i = 0; i < RECORDS; i++) {
		char key[TIMED_CALLS_KEY];
		struct store_request r = request(&add, i, key);
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
