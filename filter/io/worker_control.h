/* SPDX-License-Identifier: BSD-2-Clause
 *
 * worker_control -- the worker's end of its control socket.
 *
 * A pair of SOCK_SEQPACKET sockets joins a worker to the supervisor; one packet is one message, a
 * verb and, after a blank, text that may have many lines.
 *
 *	to the worker     serve | drain | end | off | on | status
 *	to the supervisor ready [TEXT] | failed TEXT | status LINES | event LINE
 *
 * A worker loads its configuration, says ready (a checker: with what it doubts) and serves when it is
 * told to. drain: take no new sessions, leave when the last has ended. end: leave now, answering open
 * sessions with a temporary failure. End of file is drain: the supervisor is gone. A thread reads the
 * socket and calls back.
 */
#ifndef IO_WORKER_CONTROL_H
#define IO_WORKER_CONTROL_H

#include "util/buf.h"
#include "util/log.h"

struct worker_control;

/* Called from the control thread, one at a time; NULL = ignored. */
struct worker_callbacks {
	void (*drain)(void *ctx); /* at most once */
	void (*end)(void *ctx);
	void (*set_off)(void *ctx, bool off);
	/* Adds "key value" lines, at most WORKER_STATUS_MAX bytes. */
	void (*status)(void *ctx, struct buf *out);
	void *ctx;
};

/* Keeps fd (not closed) and a copy of cb. gives; NULL with errno if there is no thread to be
 * had. */
struct worker_control *worker_control_start(int fd, const struct worker_callbacks *cb);
/* Ends the thread; not from a callback. NULL is legal. */
void worker_control_free(struct worker_control *w);

/* Says that this worker could serve and blocks until it shall. False: it is not wanted, leave. */
bool worker_control_ready(struct worker_control *w);
/* Says why this worker cannot serve; the text may have many lines and is cut at
 * CONTROL_LINE_MAX. */
void worker_control_failed(struct worker_control *w, struct view text);

/* One message without a thread, for processes that only report. 0, or -1 with errno. */
int worker_control_say(int fd, const char *verb, struct view text);

/* A log_listener; ctx has the socket's number. Says what is logged, without waiting (io/event_line.h). */
void worker_control_event(void *ctx, enum log_level level, const char *event, struct view text);

#endif
