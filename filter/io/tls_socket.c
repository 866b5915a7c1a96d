/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/tls_socket.h"

#include <errno.h>
#include <openssl/bio.h>
#include <sys/socket.h>

#include "util/log.h"

static int
socket_read(BIO *b, char *out, int n)
{
	struct tls_socket *s = BIO_get_data(b);
	struct view early = view_head(fifo_view(&s->early), (size_t)n);
	ssize_t got;

	BIO_clear_retry_flags(b);
	if (early.n > 0) {
		memcpy(out, early.p, early.n);
		fifo_take(&s->early, early.n);
		return (int)early.n;
	}
	do
		got = recv(s->fd, out, (size_t)n, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		BIO_set_retry_read(b);
	if (got == 0)
		BIO_set_flags(b, BIO_FLAGS_IN_EOF);
	return (int)got;
}

static int
socket_write(BIO *b, const char *p, int n)
{
	struct tls_socket *s = BIO_get_data(b);
	ssize_t sent;

	BIO_clear_retry_flags(b);
	do
		sent = send(s->fd, p, (size_t)n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == EAGAIN)
		BIO_set_retry_write(b);
	return (int)sent;
}

static long
socket_ctrl(BIO *b, int what, long n, void *arg)
{
	if (what == BIO_CTRL_EOF)
		return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
	return what == BIO_CTRL_FLUSH;
}

BIO_METHOD *
tls_socket_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");

	if (!m || !BIO_meth_set_read(m, socket_read) || !BIO_meth_set_write(m, socket_write) ||
		!BIO_meth_set_ctrl(m, socket_ctrl))
		log_die("out of memory");
	return m;
}

BIO *
tls_socket_new(const BIO_METHOD *m, struct tls_socket *s)
{
	BIO *b = BIO_new(m);

	if (!b)
		log_die("out of memory");
	BIO_set_data(b, s);
	BIO_set_init(b, 1);
	return b;
}
