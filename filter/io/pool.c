/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "util/log.h"

/* The last that fell asleep is woken first: its caches are warm, and the others sleep on. */
struct thread {
	struct pool *p;
	pthread_t id;
	pthread_cond_t work;
	struct thread *next; /* of those that sleep */
	bool woken;
};

struct pool {
	pthread_mutex_t lock;
	struct pool_job *head, **tail;
	size_t waiting, queue;
	struct thread *asleep;
	bool waking; /* one is on its way to the queue; it wakes the next if there is still work */
	bool ending;
	unsigned n;
	struct thread thread[];
};

/* Who is to be woken, once the lock is free, for work that waits; NULL: nobody, or one is coming. */
static struct thread *
next_to_wake(struct pool *p)
{
	struct thread *t = p->waking || !p->head ? NULL : p->asleep;

	if (!t)
		return NULL;
	p->asleep = t->next;
	p->waking = t->woken = true;
	return t;
}

static void
wake(struct thread *t)
{
	if (t)
		pthread_cond_signal(&t->work);
}

static void
sleep_until_woken(struct thread *t)
{
	struct pool *p = t->p;

	t->next = p->asleep;
	p->asleep = t;
	t->woken = false;
	while (!t->woken && !p->ending)
		pthread_cond_wait(&t->work, &p->lock);
	p->waking = false;
}

/* The next job, or NULL: there is none, and there will be none. */
static struct pool_job *
next_job(struct thread *t)
{
	struct pool *p = t->p;
	struct thread *other;
	struct pool_job *j;

	pthread_mutex_lock(&p->lock);
	while (!p->head && !p->ending)
		sleep_until_woken(t);
	j = p->head;
	if (j) {
		p->head = j->next;
		if (!p->head)
			p->tail = &p->head;
		p->waiting--;
	}
	other = next_to_wake(p);
	pthread_mutex_unlock(&p->lock);
	wake(other);
	return j;
}

static void *
serve(void *arg)
{
	struct thread *t = arg;
	struct pool_job *j;

	while ((j = next_job(t))) {
		struct loop *loop = j->loop;

		j->work(j->ctx);
		loop_post(loop, &j->task); /* from here on the job is the loop's */
	}
	return NULL;
}

struct pool *
pool_new(unsigned threads, size_t queue)
{
	struct pool *p = calloc(1, sizeof(*p) + threads * sizeof(*p->thread));

	if (!p)
		log_die("out of memory");
	p->tail = &p->head;
	p->queue = queue;
	pthread_mutex_init(&p->lock, NULL);
	for (; p->n < threads; p->n++) {
		struct thread *t = &p->thread[p->n];
		int e;

		t->p = p;
		pthread_cond_init(&t->work, NULL);
		e = pthread_create(&t->id, NULL, serve, t);
		if (e != 0) {
			pthread_cond_destroy(&t->work);
			pool_free(p);
			errno = e;
			return NULL;
		}
	}
	return p;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	for (unsigned i = 0; i < p->n; i++)
		pthread_cond_signal(&p->thread[i].work);
	pthread_mutex_unlock(&p->lock);
	while (p->n > 0) {
		struct thread *t = &p->thread[--p->n];

		pthread_join(t->id, NULL);
		pthread_cond_destroy(&t->work);
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void
finished(void *ctx)
{
	struct pool_job *j = ctx;

	loop_release(j->loop);
	j->done(j->ctx);
}

void
pool_job_init(struct pool_job *j, struct loop *loop, void (*work)(void *ctx), void (*done)(void *ctx),
	void *ctx)
{
	*j = (struct pool_job){.work = work, .done = done, .ctx = ctx, .loop = loop};
	loop_task_init(&j->task, finished, j);
}

static bool
put(struct pool *p, struct pool_job *j, size_t ceiling)
{
	struct thread *t = NULL;
	bool room;

	pthread_mutex_lock(&p->lock);
	room = p->waiting < ceiling;
	if (room) {
		j->next = NULL;
		*p->tail = j;
		p->tail = &j->next;
		p->waiting++;
		t = next_to_wake(p);
		loop_hold(j->loop); /* which this thread runs: the job's end comes after this call */
	}
	pthread_mutex_unlock(&p->lock);
	wake(t);
	return room;
}

bool
pool_submit(struct pool *p, struct pool_job *j)
{
	return put(p, j, p->queue);
}

void
pool_continue(struct pool *p, struct pool_job *j)
{
	put(p, j, SIZE_MAX);
}

bool
pool_is_full(struct pool *p)
{
	return pool_waiting(p) >= p->queue;
}

size_t
pool_waiting(struct pool *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->waiting;
	pthread_mutex_unlock(&p->lock);
	return n;
}
