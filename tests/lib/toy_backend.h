/* SPDX-License-Identifier: BSD-2-Clause
 *
 * toy_backend -- a mail server for tests, with threads and plain sockets, that does as it is told.
 *
 * It notes what it hears: each line of a client as "LINE\n", a message as "message SIZE HASH\n", a connection
 * as "connected ADDRESS\n", its end as "gone\n"; "cut\n" when it is leave_after's.
 */
#ifndef TESTS_LIB_TOY_BACKEND_H
#define TESTS_LIB_TOY_BACKEND_H

#include "io/listener.h"
#include "util/buf.h"

struct toy_backend;

struct toy_backend_options {
	const char *keywords;    /* "PIPELINING CHUNKING"; NULL = none */
	const char *leave_at;    /* ends the connection at the command that begins so; "." = after the final dot */
	size_t leave_after;      /* ends the connection when it has read so many bytes; 0 = not */
	unsigned leaves;         /* so often, then no more */
	bool stays;              /* leave_at: it does not end the connection, but says nothing more */
	const char *tls_pem;     /* key and certificates: STARTTLS is offered; NULL = not */
	const char *path;        /* a unix socket instead of a port on loopback */
	bool proxy_v1;           /* the first line is a PROXY header */
	bool relays;             /* takes recipients of .invalid */
};

/* gives. Kept: o. */
struct toy_backend *toy_backend_start(const struct toy_backend_options *o);
/* Closes its socket and all connections. */
void toy_backend_stop(struct toy_backend *b);
struct listener_address toy_backend_address(const struct toy_backend *b);
/* What it noted; lives until the next call. Whole lines. */
const char *toy_backend_notes(struct toy_backend *b);
/* How often a line that begins so was noted. */
unsigned toy_backend_count(struct toy_backend *b, const char *line);
/* As it notes a message. */
uint64_t toy_backend_hash(struct view message);

#endif
