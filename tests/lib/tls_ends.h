/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls_ends -- both ends of a TLS connection in one thread, over a pair of sockets, for tests.
 */
#ifndef TESTS_LIB_TLS_ENDS_H
#define TESTS_LIB_TLS_ENDS_H

#include "io/tls_session.h"

struct tls_ends {
	int fd[2]; /* the server's, the client's */
	struct tls_session *server, *client;
	enum tls_step server_step, client_step;
};

/* Without server or client (NULL) the test plays that end itself. */
void tls_ends_begin(struct tls_ends *e, struct tls *server, struct tls *client, const char *name);
/* False: the handshake failed at one end or both. */
bool tls_ends_shake(struct tls_ends *e);
void tls_ends_end(struct tls_ends *e);
/* Asserts that a text arrives. */
void tls_ends_carry(struct tls_session *from, struct tls_session *to, const char *text);

/* As tls_server_new and tls_client_new, for at least TLS 1.2; the text of a failure is printed. */
struct tls *tls_ends_server(const struct view *pem, size_t n, struct tls_server_options o);
struct tls *tls_ends_client(bool verify, struct view ca);

#endif
