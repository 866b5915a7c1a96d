/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "tests/lib/gate.h"
#include "tests/lib/unit.h"

static struct loop *loop;
static struct pool *pool;

struct sum {
	struct pool_job job;
	pthread_t worked_on;
	unsigned value, rounds, *done;
};

static void
add(void *ctx)
{
	struct sum *s = ctx;

	s->worked_on = pthread_self();
	s->value++;
}

static void
note_done(void *ctx)
{
	struct sum *s = ctx;

	if (s->rounds > 0 && --s->rounds > 0)
		pool_continue(pool, &s->job);
	else
		++*s->done;
}

static void
nothing(void *ctx)
{
}

static void
begin(unsigned threads, size_t queue)
{
	gate_set_open(false);
	loop = loop_new();
	pool = pool_new(threads, queue);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
}

static void
end(void)
{
	loop_stop(loop);
	loop_run(loop); /* until no job is left */
	pool_free(pool);
	loop_free(loop);
}

static void
works_there_and_tells_here(void)
{
	enum { JOBS = 500 };
	struct sum *s = calloc(JOBS, sizeof(*s));
	unsigned done = 0;

	begin(4, JOBS);
	for (int i = 0; i < JOBS; i++) {
		s[i].done = &done;
		s[i].rounds = 3;
		pool_job_init(&s[i].job, loop, add, note_done, &s[i]);
		CU_ASSERT_TRUE(pool_submit(pool, &s[i].job));
	}
	end();
	CU_ASSERT_EQUAL(done, JOBS);
	for (int i = 0; i < JOBS; i++) {
		CU_ASSERT_EQUAL(s[i].value, 3);
		CU_ASSERT_FALSE(pthread_equal(s[i].worked_on, pthread_self()));
	}
	free(s);
}

static void
its_queue_is_bounded(void)
{
	struct pool_job j[6];
	struct sum more = {.done = &(unsigned){0}};

	begin(2, 3);
	for (int i = 0; i < 6; i++)
		pool_job_init(&j[i], loop, gate_stand, nothing, NULL);
	CU_ASSERT_TRUE(pool_submit(pool, &j[0]));
	CU_ASSERT_TRUE(pool_submit(pool, &j[1]));
	gate_await(2);
	for (int i = 2; i < 5; i++) {
		CU_ASSERT_FALSE(pool_is_full(pool));
		CU_ASSERT_TRUE(pool_submit(pool, &j[i]));
	}
	CU_ASSERT_TRUE(pool_is_full(pool));
	CU_ASSERT_FALSE(pool_submit(pool, &j[5]));
	CU_ASSERT_EQUAL(pool_waiting(pool), 3);
	pool_job_init(&more.job, loop, add, note_done, &more);
	pool_continue(pool, &more.job);
	CU_ASSERT_EQUAL(pool_waiting(pool), 4);
	gate_set_open(true);
	end();
	CU_ASSERT_EQUAL(more.value, 1);
	CU_ASSERT_EQUAL(*more.done, 1);
}

/* A thread that stands does not keep the others, nor the loop. */
static void
slow_jobs_do_not_stop_others(void)
{
	unsigned done = 0;
	struct sum s = {.rounds = 100, .done = &done};
	struct pool_job slow;

	begin(2, 10);
	pool_job_init(&slow, loop, gate_stand, nothing, NULL);
	pool_job_init(&s.job, loop, add, note_done, &s);
	CU_ASSERT_TRUE(pool_submit(pool, &slow));
	CU_ASSERT_TRUE(pool_submit(pool, &s.job));
	while (!done)
		loop_turn(loop);
	gate_await(1);
	CU_ASSERT_EQUAL(s.value, 100);
	gate_set_open(true);
	end();
}

static void
several_loops_share_it(void)
{
	enum { LOOPS = 3, JOBS = 50 };
	struct loop *l[LOOPS];
	struct sum *s = calloc(LOOPS * JOBS, sizeof(*s));
	unsigned done[LOOPS] = {0};

	begin(3, LOOPS * JOBS);
	for (int i = 0; i < LOOPS * JOBS; i++) {
		if (i < LOOPS)
			l[i] = loop_new();
		s[i].done = &done[i % LOOPS];
		s[i].rounds = 20;
		pool_job_init(&s[i].job, l[i % LOOPS], add, note_done, &s[i]);
		CU_ASSERT_TRUE(pool_submit(pool, &s[i].job));
	}
	for (int i = 0; i < LOOPS; i++) {
		CU_ASSERT_EQUAL(loop_start(l[i]), 0);
		loop_stop(l[i]); /* they leave when their jobs are done */
	}
	for (int i = 0; i < LOOPS; i++)
		loop_join(l[i]);
	end();
	for (int i = 0; i < LOOPS; i++) {
		CU_ASSERT_EQUAL(done[i], JOBS);
		loop_free(l[i]);
	}
	free(s);
}

static const struct unit_test tests[] = {
	{"work there, the end told here", works_there_and_tells_here},
	{"new work is refused when the queue is full", its_queue_is_bounded},
	{"slow jobs do not stop others", slow_jobs_do_not_stop_others},
	{"several loops share it", several_loops_share_it},
};

int
main(void)
{
	return unit_main("io/pool", tests, sizeof(tests) / sizeof(*tests));
}
