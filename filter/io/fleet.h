/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fleet -- the supervisor's processes: starting, hearing, telling, ending, starting again.
 *
 * A member is a place for one process. It goes STARTING (until it says ready), READY, SERVING,
 * DRAINING, ENDING (it was told to leave; SIGKILL follows END_SECONDS later); a member that died
 * and shall live again is WAITING for its turn (io/restart.h). The fleet keeps deadlines and
 * reports; what an event means is the supervisor's business. Single-threaded, nothing blocks.
 */
#ifndef IO_FLEET_H
#define IO_FLEET_H

#include <poll.h>

#include "io/child.h"
#include "io/restart.h"
#include "io/worker.h"
#include "util/buf.h"
#include "util/limits.h"
#include "util/log.h"

enum { FLEET_MAX = SERVICES_MAX * (GENERATIONS_MAX + 1) + GENERATIONS_MAX, FLEET_NAME_MAX = 48 };

enum fleet_state {
	FLEET_FREE,
	FLEET_WAITING,
	FLEET_STARTING,
	FLEET_READY,
	FLEET_SERVING,
	FLEET_DRAINING,
	FLEET_ENDING
};
const char *fleet_state_name(enum fleet_state s);

struct fleet_member {
	enum fleet_state state;
	char name[FLEET_NAME_MAX], listener[FLEET_NAME_MAX];
	struct worker_start start; /* its name and listener are the ones above */
	worker_run *run;
	bool once; /* a process with an end: checker, keeper */
	struct child child;
	struct restart restart;
	unsigned restarts;
	int64_t since, due; /* clock_mono_ms; due 0 = none */
	unsigned asked;     /* for its status, so many times; not answered yet */
	struct buf lines;   /* its last status, or what it said when it was ready */
	int64_t second;     /* when the present second of its events began */
	unsigned heard, dropped; /* of these events */
};

/* Called from fleet_work. gone: the process ended (status as from waitpid); the member is the
 * callee's to restart or remove. failed: it said, or its silence says, that it will not get
 * ready. */
struct fleet_events {
	void (*ready)(void *ctx, struct fleet_member *m);
	void (*failed)(void *ctx, struct fleet_member *m, struct view text);
	void (*gone)(void *ctx, struct fleet_member *m, int status);
	void *ctx;
};

struct fleet_options {
	struct privileges privileges;
	enum log_target log_target;
	enum log_level log_level;
	bool log_journal;
	struct title title;
	/* In a new process, before its main function: wipes what is not its business. NULL = nothing */
	void (*forget)(void *ctx, const struct worker_start *start);
	void *forget_ctx;
};

struct fleet;
struct fleet *fleet_new(const struct fleet_options *o, const struct fleet_events *e); /* gives */
void fleet_free(struct fleet *f); /* kills and awaits what is still there; NULL is legal */

/* Starts a process. Copies start; its config, root, keep and folders are kept while the member
 * lives. NULL with errno if that is impossible. */
struct fleet_member *fleet_add(
	struct fleet *f, const struct worker_start *start, worker_run *run, bool once, int64_t now);
void fleet_serve(struct fleet *f, struct fleet_member *m, int64_t now); /* of a READY one */
/* Lets it finish what it has; after ms it is ended. A WAITING one is removed. */
void fleet_drain(struct fleet *f, struct fleet_member *m, int64_t now, int64_t ms);
void fleet_end(struct fleet *f, struct fleet_member *m, int64_t now);
void fleet_kill(struct fleet *f, struct fleet_member *m); /* SIGKILL; it leaves as gone */
void fleet_restart(struct fleet *f, struct fleet_member *m, int64_t now); /* of one that is gone */
void fleet_remove(struct fleet *f, struct fleet_member *m);               /* likewise */
/* How it went, for the log, when it is gone with that status. What was told to leave and killed for it
 * ended by no fault, as did a checker that has said what it found. */
void fleet_describe_end(const struct fleet_member *m, int status, char *out, size_t n);

/* A process logged something; text as in io/event_line.h, unread. NULL: it is ignored. Of one member at most
 * CONTROL_EVENTS_SECOND come in a second; then a line of our own log tells how many were dropped. */
typedef void fleet_event(void *ctx, const struct fleet_member *m, struct view text);
void fleet_on_event(struct fleet *f, fleet_event *event, void *ctx);

/* off is told to all, and to those that start later. */
void fleet_set_off(struct fleet *f, bool off);
bool fleet_is_off(const struct fleet *f);
/* Asks all that serve or drain for their status: an answer to it comes after they did what they were told
 * before. */
void fleet_ask(struct fleet *f);
bool fleet_all_answered(const struct fleet *f);

/* Walks the members that are not free: start with NULL. Removing the current one is legal. */
struct fleet_member *fleet_next(struct fleet *f, const struct fleet_member *m);

size_t fleet_poll(const struct fleet *f, struct pollfd *out); /* room for FLEET_MAX */
int64_t fleet_due(const struct fleet *f);                     /* INT64_MAX = none */
/* Reads messages, reaps the dead, keeps deadlines. */
void fleet_work(struct fleet *f, int64_t now);

#endif
