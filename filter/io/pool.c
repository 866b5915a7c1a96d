/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "util/log.h"

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct pool_job *head, **tail;
	size_t waiting, queue;
	bool ending;
	unsigned n;
	pthread_t thread[];
};

/* The next job, or NULL: there is none, and there will be none. */
static struct pool_job *
next_job(struct pool *p)
{
	struct pool_job *j;

	pthread_mutex_lock(&p->lock);
	while (!p->head && !p->ending)
		pthread_cond_wait(&p->changed, &p->lock);
	j = p->head;
	if (j) {
		p->head = j->next;
		if (!p->head)
			p->tail = &p->head;
		p->waiting--;
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}

static void *
serve(void *arg)
{
	struct pool *p = arg;
	struct pool_job *j;

	while ((j = next_job(p))) {
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
	pthread_cond_init(&p->changed, NULL);
	for (; p->n < threads; p->n++) {
		int e = pthread_create(&p->thread[p->n], NULL, serve, p);

		if (e != 0) {
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
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	while (p->n > 0)
		pthread_join(p->thread[--p->n], NULL);
	pthread_cond_destroy(&p->changed);
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
	bool room;

	pthread_mutex_lock(&p->lock);
	room = p->waiting < ceiling;
	if (room) {
		j->next = NULL;
		*p->tail = j;
		p->tail = &j->next;
		p->waiting++;
		pthread_cond_signal(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	if (room)
		loop_hold(j->loop);
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
