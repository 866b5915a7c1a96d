/* SPDX-License-Identifier: BSD-2-Clause
 *
 * loop -- one thread that waits for sockets, timers and tasks, and never for anything else.
 *
 * All that belongs to a loop (streams, acceptors, timers) is made, used and freed on its thread, or while no
 * thread runs it. The one thing another thread may do is to post a task.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void); /* gives; NULL with errno */
/* Not while it runs, and not before all that belongs to it is freed. NULL is legal. */
void loop_free(struct loop *l);

/* Serves on this thread until it is told to stop and nothing holds it. */
void loop_run(struct loop *l);
/* Waits until there is something to do, does it, and returns: for tests and simple programs. */
void loop_turn(struct loop *l);
/* A new thread runs it. -1 with errno. */
int loop_start(struct loop *l);
/* Waits until the thread of loop_start has left. */
void loop_join(struct loop *l);
/* From any thread, also before it runs. */
void loop_stop(struct loop *l);

/* ---- tasks: what another thread wants done here ---- */

/* Its owner's storage, which must live until the task has run or was cancelled. */
struct loop_task {
	void (*run)(void *ctx);
	void *ctx;
	struct loop_task *next, **link; /* the loop's; link is NULL while it is not posted */
};

void loop_task_init(struct loop_task *t, void (*run)(void *ctx), void *ctx);
/* From any thread; never fails. A task that is posted again before it runs, runs once; one that is
 * posted while it runs, runs again. It may free itself, and post others: those have the next turn. */
void loop_post(struct loop *l, struct loop_task *t);
/* On the loop's thread: the task will not run, unless it is posted anew. */
void loop_cancel(struct loop *l, struct loop_task *t);

/* ---- timers ---- */

struct loop_timer {
	struct event event;
	void (*run)(void *ctx);
	void *ctx;
	int64_t at; /* clock_mono_ms; 0 = not set */
};

/* In the owner's storage. */
void loop_timer_init(struct loop_timer *t, struct loop *l, void (*run)(void *ctx), void *ctx);
/* Runs once, not before ms from now; a timer that was set runs only at its new time. It may free itself. */
void loop_timer_set(struct loop_timer *t, int64_t ms);
/* The same at a time of clock_mono_ms, at once if that is past; 0 = not at all. */
void loop_timer_at(struct loop_timer *t, int64_t at);
void loop_timer_cancel(struct loop_timer *t); /* also before its storage is freed; twice is harmless */

/* ---- for io/ only ---- */

struct event_base *loop_base(struct loop *l);
/* What must be finished on this loop although its owner has gone (a stream that says its last words, a
 * job in the pool): loop_run does not return before it is released. */
void loop_hold(struct loop *l);
void loop_release(struct loop *l);
size_t loop_held(const struct loop *l); /* how often */

#endif
