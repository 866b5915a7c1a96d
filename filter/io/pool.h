/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pool -- threads for all that may block or takes long: a loop gives them a job and hears of its end.
 *
 * First come, first served. The queue is bounded for new work; what continues work that was accepted is
 * never refused: its number is bounded by that of the sessions, and its memory is theirs.
 */
#ifndef IO_POOL_H
#define IO_POOL_H

#include <stddef.h>

#include "io/loop.h"

struct pool;

/* In its owner's storage, which must live until done was called. One job is in the pool at most once. */
struct pool_job {
	void (*work)(void *ctx); /* on a thread of the pool */
	void (*done)(void *ctx); /* then on the loop; it may submit the job again, or free it */
	void *ctx;
	struct loop *loop; /* kept: does not leave loop_run before done was called */
	/* The pool's own: */
	struct loop_task task;
	struct pool_job *next;
};

/* At least one thread; queue is the number of jobs that may wait. gives; NULL with errno: no threads to be
 * had. */
struct pool *pool_new(unsigned threads, size_t queue);
/* Runs what waits and ends the threads; the loops may have left, then done is not called. NULL is legal. */
void pool_free(struct pool *p);

void pool_job_init(struct pool_job *j, struct loop *loop, void (*work)(void *ctx),
	void (*done)(void *ctx), void *ctx);
/* On the job's loop. False: the queue is full, nothing was taken; answer with a temporary failure. */
bool pool_submit(struct pool *p, struct pool_job *j);
/* The same for the next step of work that was accepted: never refused. */
void pool_continue(struct pool *p, struct pool_job *j);

/* From any thread: whether pool_submit would refuse now; jobs that wait. */
bool pool_is_full(struct pool *p);
size_t pool_waiting(struct pool *p);

#endif
