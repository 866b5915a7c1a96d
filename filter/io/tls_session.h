/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls_session -- TLS over one connected non-blocking socket, step by step.
 *
 * It reads and writes the socket itself and never waits: a step that cannot go on says what it waits for.
 * The steps of the handshake compute with keys and may go to another thread; one thread at a time. An idle
 * session has no buffers.
 */
#ifndef IO_TLS_SESSION_H
#define IO_TLS_SESSION_H

#include "io/tls.h"

struct tls_session;

enum tls_step {
	TLS_DONE,
	TLS_WANT_READ,  /* again when the socket is readable */
	TLS_WANT_WRITE, /* again when it is writable, with the same bytes or more */
	TLS_ENDED,      /* read: the peer sends no more */
	TLS_FAILED      /* tls_session_why */
};

enum { TLS_WHY_MAX = 128 };

/* Shares t. Name: as in stream_start_tls. Early: what was read of the socket before; a copy is kept. gives;
 * NULL with errno EINVAL: there is no name to be verified, or it is none. */
struct tls_session *tls_session_new(struct tls *t, int fd, const char *name, struct view early);
void tls_session_free(struct tls_session *s); /* does not close fd; NULL is legal */

enum tls_step tls_session_handshake(struct tls_session *s);
enum tls_step tls_session_read(struct tls_session *s, void *out, size_t n, size_t *got_out);
enum tls_step tls_session_write(struct tls_session *s, struct view bytes, size_t *sent_out);
/* Says the end, if the socket takes it (RFC 8446 section 6.1). */
void tls_session_bye(struct tls_session *s);
/* There are bytes that were taken from the socket and not yet read. */
bool tls_session_has_more(const struct tls_session *s);

void tls_session_info(const struct tls_session *s, struct tls_info *out);
/* Why it failed, in the library's words. */
void tls_session_why(const struct tls_session *s, char out[static TLS_WHY_MAX]);

#endif
