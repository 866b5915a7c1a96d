/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stream -- a connected socket on a loop: bytes in, bytes out, TLS.
 *
 * The owner is told by events, looks at the input when it likes, and takes what it has used. Both directions
 * have ceilings: a full input is not read on, a full output ends the stream. Without bytes there are no
 * buffers. All functions are for the loop's thread; no event comes from within a call, and within an event
 * the stream may be closed or freed.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include "io/listener.h"
#include "io/pool.h"
#include "io/tls.h"

struct stream;

enum stream_event {
	STREAM_CONNECTED, /* stream_connect: it is */
	STREAM_INPUT,     /* there are more bytes, or the peer will send no more (stream_has_ended) */
	STREAM_SENT,      /* all output has left */
	STREAM_SECURED,   /* the handshake is over (stream_info) */
	STREAM_FAILED     /* the last event: it can only be freed or closed */
};

enum stream_fault {
	STREAM_SOUND,
	STREAM_NETWORK,  /* not connected, or cut */
	STREAM_TLS,      /* no handshake, or a broken record */
	STREAM_STUCK,    /* no connection, or no byte taken by the peer, in time */
	STREAM_OVERFLOW, /* more output than the ceiling */
	STREAM_BUSY      /* the pool has no room for the handshake */
};

/* What the streams of one kind on one loop share; kept. */
struct stream_kind {
	struct loop *loop;
	struct pool *pool; /* for handshakes; NULL = no TLS */
	void (*event)(void *ctx, struct stream *s, enum stream_event e);
	uint32_t input_max;  /* the longest line must fit */
	uint32_t output_max; /* bytes that wait for the peer */
	int stuck_ms;        /* a peer that takes no byte of the output for so long is given up; 0 = never */
	int close_ms;        /* of stream_close, at most; mostly STREAM_CLOSE_MS */
};

/* Takes fd, a connected non-blocking socket. gives. */
struct stream *stream_open(const struct stream_kind *k, int fd, void *ctx);
/* Connects: STREAM_CONNECTED or STREAM_FAILED follows, within ms. Source, if not NULL, is the address that
 * the peer shall see though it is not this host's (io/dial.h). gives. */
struct stream *stream_connect(const struct stream_kind *k, const struct listener_address *to,
	const struct ip *source, int ms, void *ctx);

/* Takes s: no more events. What was sent goes out, the end is said, and what still comes is dropped (else
 * the kernel would take back the last words), all within close_ms. The loop waits for it. */
void stream_close(struct stream *s);
/* Takes s: the connection ends at once. NULL is legal. */
void stream_free(struct stream *s);

/* ---- bytes ---- */

/* All that came and was not taken; valid until the owner returns to the loop or takes. */
struct view stream_input(const struct stream *s);
void stream_take(struct stream *s, size_t n);
bool stream_has_ended(const struct stream *s); /* the peer sends no more than what is in the input */

/* Sent in order, and once in a turn of the loop. Over the ceiling: STREAM_FAILED follows. */
void stream_send(struct stream *s, struct view bytes);
size_t stream_room(const struct stream *s);   /* bytes that stream_send would take now */
size_t stream_unsent(const struct stream *s); /* bytes that wait */

/* ---- TLS ---- */

/* Once all that was sent has left, handshakes: as a server, or as a client that reaches `name` (for SNI
 * and verification: a host name or an address; NULL = a server, or unknown). STREAM_SECURED or
 * STREAM_FAILED follows; until then nothing can be sent. From now on nothing is read as plain text. What
 * has already come in plain text is dropped (RFC 3207 section 4.2: look first whether there is any), or,
 * with_input, is the handshake's beginning: what came behind a PROXY header. Shares t. */
void stream_start_tls(struct stream *s, struct tls *t, const char *name, bool with_input);
/* False: not secured. */
bool stream_info(const struct stream *s, struct tls_info *out);

/* ---- what happened ---- */

enum { STREAM_WHY_MAX = 160 };

enum stream_fault stream_fault(const struct stream *s);
/* In words, without the peer's bytes: "connection refused", "tls: unknown protocol". */
void stream_why(const struct stream *s, char out[static STREAM_WHY_MAX]);

#endif
