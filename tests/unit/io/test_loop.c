/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/loop.h"

#include <pthread.h>
#include <stdlib.h>

#include "tests/lib/unit.h"
#include "util/clock.h"

static struct loop *loop;
static char said[64]; /* what has run, in order */

static void
say(char c)
{
	size_t n = strlen(said);

	if (n + 1 < sizeof(said))
		said[n] = c;
}

struct note {
	struct loop_task task;
	char c;
	struct note *posts, *cancels;
};

static void
run_note(void *ctx)
{
	struct note *n = ctx;

	say(n->c);
	if (n->posts)
		loop_post(loop, &n->posts->task);
	n->posts = NULL;
	if (n->cancels)
		loop_cancel(loop, &n->cancels->task);
}

static struct note
note(char c)
{
	struct note n = {.c = c};

	return n;
}

/* With a fresh loop; ends when all that was posted before has run. */
static void
post(struct note *n)
{
	loop_task_init(&n->task, run_note, n);
	loop_post(loop, &n->task);
}

static void
begin(void)
{
	memset(said, 0, sizeof(said));
	loop = loop_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(loop);
}

static void
runs_tasks_in_order(void)
{
	struct note a = note('a'), b = note('b'), c = note('c');

	begin();
	post(&a), post(&b), post(&c);
	loop_post(loop, &a.task); /* is waiting already */
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "abc");
	post(&b);
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "abcb");
	loop_free(loop);
}

static void
posts_within_have_the_next_turn(void)
{
	struct note a = note('a'), b = note('b');

	begin();
	post(&a), post(&b);
	a.posts = &a;
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "ab");
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "aba");
	loop_free(loop);
}

static void
cancels_tasks(void)
{
	struct note a = note('a'), b = note('b'), c = note('c'), d = note('d');

	begin();
	post(&a), post(&b), post(&c);
	loop_cancel(loop, &c.task);
	loop_cancel(loop, &c.task); /* harmless */
	post(&d);
	a.cancels = &b; /* one that waits in the same turn */
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "ad");
	post(&b);
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "adb");
	post(&c);
	loop_cancel(loop, &c.task); /* the only one */
	post(&a);
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "adba");
	loop_free(loop);
}

/* A batch whose last task is cancelled while others are posted: the queue must stay whole. */
static void
cancels_the_last_of_a_turn(void)
{
	struct note a = note('a'), b = note('b'), c = note('c'), d = note('d');

	begin();
	loop_task_init(&c.task, run_note, &c);
	post(&a), post(&b);
	a.posts = &c;
	a.cancels = &b;
	loop_turn(loop);
	post(&d);
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "acd");
	loop_free(loop);
}

/* ---- from other threads ---- */

enum { THREADS = 4, POSTS = 5000 };

struct counter {
	struct loop_task task;
	unsigned ran, last_seen;
	pthread_mutex_t lock;
	unsigned posted;
};

static void
count(void *ctx)
{
	struct counter *c = ctx;

	c->ran++;
	pthread_mutex_lock(&c->lock);
	c->last_seen = c->posted;
	pthread_mutex_unlock(&c->lock);
	if (c->last_seen == THREADS * POSTS)
		loop_stop(loop);
}

static void *
post_many(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < POSTS; i++) {
		pthread_mutex_lock(&c->lock);
		c->posted++;
		pthread_mutex_unlock(&c->lock);
		loop_post(loop, &c->task);
	}
	return NULL;
}

static void
hears_other_threads(void)
{
	struct counter c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t t[THREADS];

	begin();
	loop_task_init(&c.task, count, &c);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, post_many, &c);
	loop_run(loop); /* would never end if the last post were lost */
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CU_ASSERT_EQUAL(c.last_seen, THREADS * POSTS);
	CU_ASSERT_TRUE(c.ran <= THREADS * POSTS);
	loop_free(loop);
}

static void
say_and_stop(void *ctx)
{
	say('s');
	loop_stop(loop);
}

static void
say_and_release(void *ctx)
{
	say('r');
	loop_release(loop);
}

static void
a_thread_runs_it(void)
{
	struct loop_task t;

	begin();
	CU_ASSERT_EQUAL(loop_start(loop), 0);
	loop_task_init(&t, say_and_stop, NULL);
	loop_post(loop, &t);
	loop_join(loop);
	CU_ASSERT_STRING_EQUAL(said, "s");
	loop_free(loop);
	begin();
	loop_stop(loop); /* before it runs: leaves at once */
	loop_run(loop);
	loop_free(loop);
}

static void
waits_for_what_holds_it(void)
{
	struct loop_task t;

	begin();
	loop_task_init(&t, say_and_release, NULL);
	loop_hold(loop);
	loop_stop(loop);
	loop_post(loop, &t);
	loop_run(loop);
	CU_ASSERT_STRING_EQUAL(said, "r");
	loop_free(loop);
}

/* ---- timers ---- */

static int64_t fired_at;

static void
fire(void *ctx)
{
	fired_at = clock_mono_ms();
	say(*(const char *)ctx);
}

static char *
letter(char c)
{
	static char all[] = "abcdefghijklmnopqrstuvwxyz";

	return &all[c - 'a'];
}

static void
fires_once_and_not_early(void)
{
	int64_t at = clock_mono_ms() + 30;
	struct loop_timer t;

	begin();
	loop_timer_init(&t, loop, fire, letter('t'));
	loop_timer_at(&t, at);
	while (!said[0])
		loop_turn(loop);
	CU_ASSERT_TRUE(fired_at >= at);
	CU_ASSERT_EQUAL(t.at, 0);
	at = clock_mono_ms();
	loop_timer_set(&t, 5);
	while (!said[1])
		loop_turn(loop);
	CU_ASSERT_TRUE(fired_at >= at + 5);
	loop_timer_cancel(&t);
	loop_free(loop);
}

static struct loop_timer late;
static int64_t late_at;

/* A callback that takes long, and then sets a timer: libevent would count from before it. */
static void
work_and_set(void *ctx)
{
	int64_t end = clock_mono_ms() + 20;

	while (clock_mono_ms() < end)
		;
	late_at = clock_mono_ms() + 5;
	loop_timer_at(&late, late_at);
}

static void
counts_from_now(void)
{
	struct loop_timer t;

	begin();
	loop_timer_init(&t, loop, work_and_set, NULL);
	loop_timer_init(&late, loop, fire, letter('l'));
	loop_timer_set(&t, 0);
	while (!said[0])
		loop_turn(loop);
	CU_ASSERT_TRUE(fired_at >= late_at);
	loop_free(loop);
}

static void
keeps_the_order_of_times(void)
{
	struct loop_timer a, b, c, d;
	int64_t now;

	begin();
	now = clock_mono_ms() + 200; /* they are set before the first is due */
	loop_timer_init(&a, loop, fire, letter('a'));
	loop_timer_init(&b, loop, fire, letter('b'));
	loop_timer_init(&c, loop, fire, letter('c'));
	loop_timer_init(&d, loop, fire, letter('d'));
	loop_timer_at(&a, now + 40);
	loop_timer_at(&b, now + 5);
	loop_timer_at(&c, now + 1000000);
	loop_timer_at(&c, now + 20);      /* sooner than it was */
	loop_timer_at(&d, now + 10);
	loop_timer_at(&d, now + 1000000); /* later than it was */
	while (strlen(said) < 3)
		loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "bca");
	loop_timer_cancel(&d);
	loop_timer_cancel(&d);
	loop_timer_at(&b, 1); /* long past */
	loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "bcab");
	loop_free(loop);
}

static void
cancelled_timers_do_not_run(void)
{
	struct loop_timer a, b;
	int64_t now = clock_mono_ms();

	begin();
	loop_timer_init(&a, loop, fire, letter('a'));
	loop_timer_init(&b, loop, fire, letter('b'));
	loop_timer_at(&a, now + 1);
	loop_timer_at(&b, now + 10);
	loop_timer_at(&a, 0);
	while (!said[0])
		loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "b");
	loop_free(loop);
}

struct own {
	struct loop_timer timer;
};

static void
free_own(void *ctx)
{
	free(ctx);
	say('f');
}

static void
a_timer_may_free_itself(void)
{
	struct own *o = malloc(sizeof(*o));

	begin();
	loop_timer_init(&o->timer, loop, free_own, o);
	loop_timer_set(&o->timer, 0);
	while (!said[0])
		loop_turn(loop);
	CU_ASSERT_STRING_EQUAL(said, "f");
	loop_free(loop);
}

static const struct unit_test tests[] = {
	{"tasks run in order, once each", runs_tasks_in_order},
	{"what a task posts has the next turn", posts_within_have_the_next_turn},
	{"cancelled tasks do not run", cancels_tasks},
	{"the last task of a turn is cancelled", cancels_the_last_of_a_turn},
	{"other threads post, and nothing is lost", hears_other_threads},
	{"a thread of its own", a_thread_runs_it},
	{"stopped, it waits for what holds it", waits_for_what_holds_it},
	{"a timer fires once, and not early", fires_once_and_not_early},
	{"a timer counts from when it is set", counts_from_now},
	{"timers keep the order of their times", keeps_the_order_of_times},
	{"cancelled timers do not run", cancelled_timers_do_not_run},
	{"a timer may free itself", a_timer_may_free_itself},
};

int
main(void)
{
	return unit_main("io/loop", tests, sizeof(tests) / sizeof(*tests));
}
