/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"

/* Posted tasks wait in `head`. After the sockets a turn moves them to `batch`, so that what they post has the
 * next turn and sockets are looked at in between. */
struct loop {
	struct event_base *base;
	struct event wake;
	int wake_fd;
	pthread_t thread;
	atomic_bool stop;
	size_t holds;
	pthread_mutex_t lock; /* for what follows */
	pthread_t self;       /* who had the last turn: needs no waking, it looks here before it waits */
	bool has_self;
	bool asleep;          /* it waits for sockets, or looks at them: a task must wake it */
	struct loop_task *head, **tail, *batch;
};

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}

void
loop_hold(struct loop *l)
{
	l->holds++;
}

void
loop_release(struct loop *l)
{
	l->holds--;
}

size_t
loop_held(const struct loop *l)
{
	return l->holds;
}

/* ---- tasks ---- */

static void
unlink_task(struct loop *l, struct loop_task *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	else if (l->tail == &t->next)
		l->tail = t->link;
	t->link = NULL;
}

static void
begin_batch(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	l->asleep = false;
	l->batch = l->head;
	if (l->batch)
		l->batch->link = &l->batch;
	l->head = NULL;
	l->tail = &l->head;
	pthread_mutex_unlock(&l->lock);
}

static struct loop_task *
next_of_batch(struct loop *l)
{
	struct loop_task *t;

	pthread_mutex_lock(&l->lock);
	t = l->batch;
	if (t)
		unlink_task(l, t);
	pthread_mutex_unlock(&l->lock);
	return t;
}

/* Before the tasks are taken: a later one wakes us again. */
static void
woken(evutil_socket_t fd, short what, void *arg)
{
	eventfd_t n;

	eventfd_read(fd, &n);
}

void
loop_task_init(struct loop_task *t, void (*run)(void *ctx), void *ctx)
{
	*t = (struct loop_task){.run = run, .ctx = ctx};
}

void
loop_post(struct loop *l, struct loop_task *t)
{
	bool wake = false;

	pthread_mutex_lock(&l->lock);
	if (!t->link) {
		wake = l->asleep && !(l->has_self && pthread_equal(l->self, pthread_self()));
		l->asleep &= !wake;
		t->next = NULL;
		t->link = l->tail;
		*l->tail = t;
		l->tail = &t->next;
	}
	pthread_mutex_unlock(&l->lock);
	if (wake)
		eventfd_write(l->wake_fd, 1);
}

void
loop_cancel(struct loop *l, struct loop_task *t)
{
	pthread_mutex_lock(&l->lock);
	if (t->link)
		unlink_task(l, t);
	pthread_mutex_unlock(&l->lock);
}

/* ---- life ---- */

static struct event_base *
new_base(void)
{
	struct event_config *c = event_config_new();
	struct event_base *base = NULL;

	/* No locks: other threads only ever touch our tasks. */
	if (c && event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(c);
	if (c)
		event_config_free(c);
	return base;
}

struct loop *
loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		log_die("out of memory");
	l->tail = &l->head;
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->base = l->wake_fd >= 0 ? new_base() : NULL;
	pthread_mutex_init(&l->lock, NULL);
	if (l->base && event_assign(&l->wake, l->base, l->wake_fd, EV_READ | EV_PERSIST, woken, l) == 0 &&
		event_add(&l->wake, NULL) == 0)
		return l;
	loop_free(l);
	errno = EMFILE; /* what a new base or event can lack; libevent does not tell */
	return NULL;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->base) {
		if (event_initialized(&l->wake))
			event_del(&l->wake);
		event_base_free(l->base);
	}
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void
loop_turn(struct loop *l)
{
	struct loop_task *t;
	bool has_tasks;

	pthread_mutex_lock(&l->lock);
	l->self = pthread_self();
	l->has_self = true;
	has_tasks = l->head != NULL;
	l->asleep = !has_tasks;
	pthread_mutex_unlock(&l->lock);
	event_base_loop(l->base, has_tasks ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
	begin_batch(l);
	while ((t = next_of_batch(l)))
		t->run(t->ctx);
}

void
loop_run(struct loop *l)
{
	while (!atomic_load(&l->stop) || l->holds)
		loop_turn(l);
}

static void *
run_thread(void *arg)
{
	loop_run(arg);
	return NULL;
}

int
loop_start(struct loop *l)
{
	errno = pthread_create(&l->thread, NULL, run_thread, l);
	return errno ? -1 : 0;
}

void
loop_join(struct loop *l)
{
	pthread_join(l->thread, NULL);
}

void
loop_stop(struct loop *l)
{
	atomic_store(&l->stop, true);
	eventfd_write(l->wake_fd, 1);
}

/* ---- timers ---- */

static void
arm(struct loop_timer *t, int64_t now)
{
	int64_t ms = t->at > now ? t->at - now : 0;
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_add(&t->event, &tv);
}

/* libevent counts from the beginning of its turn, and with a coarse clock: it can be early. */
static void
timer_ends(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;
	int64_t now = clock_mono_ms();

	if (now < t->at) {
		arm(t, now);
		return;
	}
	t->at = 0;
	t->run(t->ctx);
}

void
loop_timer_init(struct loop_timer *t, struct loop *l, void (*run)(void *ctx), void *ctx)
{
	t->run = run;
	t->ctx = ctx;
	t->at = 0;
	event_assign(&t->event, l->base, -1, 0, timer_ends, t);
}

void
loop_timer_set(struct loop_timer *t, int64_t ms)
{
	loop_timer_at(t, clock_mono_ms() + ms + 1); /* the millisecond that has begun does not count */
}

void
loop_timer_at(struct loop_timer *t, int64_t at)
{
	t->at = at;
	if (at)
		arm(t, clock_mono_ms());
	else
		event_del(&t->event);
}

void
loop_timer_cancel(struct loop_timer *t)
{
	loop_timer_at(t, 0);
}
