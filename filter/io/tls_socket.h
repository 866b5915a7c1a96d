/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls_socket -- a connected non-blocking socket as OpenSSL wants it.
 *
 * OpenSSL's own would raise SIGPIPE, and could not be given what was read of the socket before.
 */
#ifndef IO_TLS_SOCKET_H
#define IO_TLS_SOCKET_H

#include <openssl/bio.h>

#include "util/fifo.h"

struct tls_socket {
	int fd;
	struct fifo early; /* read first */
};

/* gives (BIO_meth_free). */
BIO_METHOD *tls_socket_method(void);
/* Keeps s. gives (BIO_free). */
BIO *tls_socket_new(const BIO_METHOD *m, struct tls_socket *s);

#endif
