/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stream_world -- a loop with streams for tests, and their peers: plain sockets in the same thread.
 */
#ifndef TESTS_LIB_STREAM_WORLD_H
#define TESTS_LIB_STREAM_WORLD_H

#include "io/stream.h"

/* Owns one stream; notes its events as letters: C I S T(LS) F. */
struct stream_owner {
	struct stream *s; /* NULL when it was freed or closed */
	char log[200];    /* the last ones are left out */
	size_t n[STREAM_FAILED + 1]; /* how often each came */
	void (*on)(struct stream_owner *o, enum stream_event e); /* NULL = nothing more */
	int peer;         /* the other end, non-blocking; -1 = closed */
};

struct stream_world {
	struct loop *loop;
	struct pool *pool;
	struct stream_kind kind;
	struct loop_timer beat;
};

/* Ceilings of 64 KB, no time limits; the tests change them before they open streams. */
void stream_world_begin(struct stream_world *w);
/* Waits for what holds the loop. */
void stream_world_end(struct stream_world *w);
/* One turn of the loop; returns after a millisecond if nothing happens. */
void stream_world_turn(struct stream_world *w);
#define STREAM_UNTIL(w, condition) \
	while (!(condition)) \
		stream_world_turn(w)

/* A stream at one end of a pair of sockets, the peer at the other. */
void stream_world_pair(struct stream_world *w, struct stream_owner *o);
/* The same over TCP on loopback, with small buffers. */
void stream_world_tcp(struct stream_world *w, struct stream_owner *o);
void stream_world_free(struct stream_owner *o); /* the stream and the peer */

/* The peer writes all, turning the loop meanwhile. */
void stream_world_write(struct stream_world *w, struct stream_owner *o, struct view bytes);
/* Adds what the peer has got. */
enum stream_world_end { STREAM_WORLD_OPEN, STREAM_WORLD_END, STREAM_WORLD_CUT };
enum stream_world_end stream_world_read(struct stream_owner *o, struct buf *got);
/* Turns the loop until the peer has got so many bytes in all. */
void stream_world_await(struct stream_world *w, struct stream_owner *o, struct buf *got, size_t n);

/* Bytes that tell when one is missing or out of place; at most STREAM_WORLD_PATTERN. */
enum { STREAM_WORLD_PATTERN = 2 * 1024 * 1024 };
struct view stream_world_pattern(size_t n);
bool stream_world_is_pattern(const struct buf *b, size_t n);

#endif
