/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/timed_calls.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "util/limits.h"

struct caller {
	const struct timed_calls *o;
	pthread_t thread;
	uint64_t seed;
	int64_t begin, end;
	size_t n, failed;
	uint32_t *us;
};

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* When call i is due. */
static int64_t
wait_for_turn(const struct caller *c, uint64_t i)
{
	unsigned rate = c->o->rate / (unsigned)c->o->threads;
	int64_t now = now_us(), due = rate ? c->begin + (int64_t)(i * 1000000 / rate) : now;

	if (now >= due)
		return now;
	usleep((useconds_t)(due - now));
	return now_us();
}

static void *
call(void *arg)
{
	struct caller *c = arg;
	const struct timed_calls *o = c->o;
	struct arena *a = arena_new();

	for (uint64_t i = 0; c->n < o->samples && now_us() < c->end; i++) {
		struct store_request r[STORE_CALLS_MAX];
		struct store_result got[STORE_CALLS_MAX];
		char key[STORE_CALLS_MAX][TIMED_CALLS_KEY];
		int64_t start;

		for (size_t j = 0; j < o->together; j++)
			r[j] = o->request(o->ctx, c->seed + i * o->together + j, key[j]);
		start = wait_for_turn(c, i);
		store_do(o->store, r, o->together, a, got);
		c->us[c->n++] = (uint32_t)(now_us() - start);
		for (size_t j = 0; j < o->together; j++)
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

struct timed_calls_result
timed_calls_run(const struct timed_calls *o)
{
	size_t threads = (size_t)o->threads;
	struct timed_calls_result r = {.us = malloc(threads * o->samples * sizeof(*r.us))};
	struct caller *c = calloc(threads, sizeof(*c));
	int64_t start = now_us();

	if (!r.us || !c)
		abort();
	for (size_t i = 0; i < threads; i++) {
		c[i] = (struct caller){.o = o, .seed = o->seed + ((uint64_t)i << 40), .begin = start,
			.end = start + o->ms * 1000, .us = r.us + i * o->samples};
		if (pthread_create(&c[i].thread, NULL, call, &c[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < threads; i++) {
		pthread_join(c[i].thread, NULL);
		memmove(r.us + r.n, c[i].us, c[i].n * sizeof(*r.us));
		r.n += c[i].n;
		r.failed += c[i].failed;
	}
	if (r.n == 0)
		abort();
	r.seconds = (double)(now_us() - start) / 1e6;
	qsort(r.us, r.n, sizeof(*r.us), compare);
	free(c);
	return r;
}
