/* SPDX-License-Identifier: BSD-2-Clause
 *
 * acceptor -- takes the connections of one listening socket on one loop.
 *
 * A connection wakes every loop that listens to its socket. Where several share one, all but one should rest,
 * and hand the turn on when they have enough.
 *
 * When descriptors run out, a spare one is used to say so to the client and to close; when even that fails,
 * accepting pauses for ACCEPT_PAUSE_MS, and the connections wait in the backlog.
 */
#ifndef IO_ACCEPTOR_H
#define IO_ACCEPTOR_H

#include "io/listener.h"
#include "io/loop.h"

struct acceptor;

struct acceptor_options {
	struct loop *loop;
	int fd;           /* listening, non-blocking; duplicated: each loop has its own */
	bool rests;       /* at first: until acceptor_go_on */
	struct view busy; /* said when descriptors run out, "421 ...\r\n"; absent = nothing. Kept */
	/* Gives fd: connected, non-blocking, close-on-exec. Peer is who connected: for a unix socket the path
	 * is "". */
	void (*accepted)(void *ctx, int fd, const struct listener_address *peer);
	void *ctx;
};

/* gives; NULL with errno. */
struct acceptor *acceptor_start(const struct acceptor_options *o);
/* Takes none until it is told to go on; also from `accepted`. */
void acceptor_rest(struct acceptor *a);
void acceptor_go_on(struct acceptor *a);
void acceptor_stop(struct acceptor *a); /* on the loop, also from `accepted`; NULL is legal */

#endif
