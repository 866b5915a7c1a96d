/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stream_state -- the machine within a stream: for io/stream.c, which is what its owner does with it.
 */
#ifndef IO_STREAM_STATE_H
#define IO_STREAM_STATE_H

#include "io/stream.h"
#include "io/wire.h"
#include "util/fifo.h"

enum stream_stage {
	STREAM_CONNECTING, /* until writable */
	STREAM_OPEN,
	STREAM_BEFORE_TLS, /* the last plain text leaves; nothing is read */
	STREAM_HANDSHAKE,
	STREAM_CLOSING,    /* the owner has gone; the last words leave */
	STREAM_LINGERING,  /* until the peer ends too */
	STREAM_OVER        /* until it is freed */
};

/* The handshake. While a step of it is in the pool, the pool's thread alone uses the wire and `step`. */
struct stream_securing {
	struct pool_job job;
	enum tls_step step;
	bool begun; /* the pool has accepted it */
	bool in_pool;
};

struct stream {
	const struct stream_kind *kind;
	void *ctx;
	struct wire wire;
	enum stream_stage stage;
	enum stream_fault fault;
	int error;
	struct event readable, writable;
	struct loop_task soon;   /* what a call has asked for: done in this turn, or the next */
	struct loop_timer timer; /* set for the earliest of the times below, or earlier */
	struct fifo in, out;
	int64_t limit;    /* of CONNECTING, CLOSING and LINGERING */
	int64_t stuck_from; /* the peer's last sign of taking output */
	struct stream_securing *securing; /* NULL = not under way */
	bool ended;         /* the peer sends no more */
	bool blocked;       /* output waits until the socket is writable */
	bool read_on_write; /* TLS must write before it can read on */
	bool in_event, freed;
};

struct stream *stream_state_new(const struct stream_kind *k, int fd, enum stream_stage stage, void *ctx);
/* The owner has left: at once, or as soon as neither its event nor the pool uses s. */
void stream_state_free(struct stream *s);
/* Asks the loop for what this stage waits for. */
void stream_state_watch(struct stream *s);
/* Sets the timer for the next of the times. */
void stream_state_plan(struct stream *s);
/* Sends and reads what it can, in this turn of the loop or the next. */
void stream_state_soon(struct stream *s);
/* A failure that was found in a call: events come from the loop only. */
void stream_state_fail_soon(struct stream *s, enum stream_fault fault, int error);
/* The handshake begins when the output has left. */
void stream_state_secure(struct stream *s);

#endif
