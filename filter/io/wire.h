/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire -- the bytes of one connected non-blocking socket, first in plain text, later perhaps in TLS.
 *
 * Never waits; a plain value, the state of io/stream.
 */
#ifndef IO_WIRE_H
#define IO_WIRE_H

#include "io/tls_session.h"

struct wire {
	int fd;    /* -1 = none */
	int error; /* errno of what failed in plain text */
	struct tls_session *session; /* NULL = plain */
	bool secured;                /* the handshake is over */
};

void wire_init(struct wire *w, int fd); /* takes fd */
void wire_done(struct wire *w);

enum tls_step wire_read(struct wire *w, void *out, size_t n, size_t *got_out);
/* May send only the beginning. */
enum tls_step wire_write(struct wire *w, struct view bytes, size_t *sent_out);
/* What the socket has given but wire_read has not: its readability does not tell of that. */
bool wire_has_more(const struct wire *w);
/* Reads and forgets what comes, whatever it is: WANT_READ, ENDED or FAILED. */
enum tls_step wire_drain(struct wire *w);
/* Nothing more will be written. */
void wire_end(struct wire *w);

/* As tls_session_new; reads and writes stay plain until wire_handshake says DONE. False: no name. */
bool wire_start_tls(struct wire *w, struct tls *t, const char *name, struct view early);
/* As tls_session_handshake: on any one thread. */
enum tls_step wire_handshake(struct wire *w);
/* After that, on the wire's own thread. */
void wire_secured(struct wire *w);

#endif
