/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/tls_ends.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/unit.h"

struct tls *
tls_ends_server(const struct view *pem, size_t n, struct tls_server_options o)
{
	struct buf why;
	struct tls *t;

	buf_init(&why, 1000);
	o.pem = pem;
	o.n_pem = n;
	t = tls_server_new(&o, &why);
	if (!t)
		printf("%.*s\n", VIEW_ARG(buf_view(&why)));
	buf_done(&why);
	return t;
}

struct tls *
tls_ends_client(bool verify, struct view ca)
{
	const struct tls_client_options o = {.min = TLS_1_2, .verify = verify, .ca = ca};
	struct buf why;
	struct tls *t;

	buf_init(&why, 1000);
	t = tls_client_new(&o, &why);
	if (!t)
		printf("%.*s\n", VIEW_ARG(buf_view(&why)));
	buf_done(&why);
	return t;
}

void
tls_ends_begin(struct tls_ends *e, struct tls *server, struct tls *client, const char *name)
{
	*e = (struct tls_ends){.server_step = TLS_WANT_READ, .client_step = TLS_WANT_READ};
	CU_ASSERT_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, e->fd), 0);
	e->server = server ? tls_session_new(server, e->fd[0], NULL, VIEW("")) : NULL;
	e->client = client ? tls_session_new(client, e->fd[1], name, VIEW("")) : NULL;
}

static bool
is_waiting(enum tls_step s)
{
	return s == TLS_WANT_READ || s == TLS_WANT_WRITE;
}

bool
tls_ends_shake(struct tls_ends *e)
{
	for (int i = 0; i < 20 && (is_waiting(e->server_step) || is_waiting(e->client_step)); i++) {
		if (is_waiting(e->client_step))
			e->client_step = tls_session_handshake(e->client);
		if (is_waiting(e->server_step))
			e->server_step = tls_session_handshake(e->server);
	}
	return e->server_step == TLS_DONE && e->client_step == TLS_DONE;
}

void
tls_ends_end(struct tls_ends *e)
{
	tls_session_free(e->server);
	tls_session_free(e->client);
	close(e->fd[0]);
	close(e->fd[1]);
}

void
tls_ends_carry(struct tls_session *from, struct tls_session *to, const char *text)
{
	enum tls_step step;
	char got[100];
	size_t n = 0;

	CU_ASSERT_EQUAL(tls_session_write(from, view_str(text), &n), TLS_DONE);
	CU_ASSERT_EQUAL(n, strlen(text));
	step = tls_session_read(to, got, sizeof(got), &n);
	if (step == TLS_WANT_READ) /* that was a ticket */
		step = tls_session_read(to, got, sizeof(got), &n);
	CU_ASSERT_EQUAL(step, TLS_DONE);
	UNIT_VIEW(view_of(got, n), text);
}
