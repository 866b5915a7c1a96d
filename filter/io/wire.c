/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/limits.h"

void
wire_init(struct wire *w, int fd)
{
	*w = (struct wire){.fd = fd};
}

void
wire_done(struct wire *w)
{
	tls_session_free(w->session);
	if (w->fd >= 0)
		close(w->fd);
	wire_init(w, -1);
}

static enum tls_step
plain_step(struct wire *w, ssize_t n, enum tls_step blocked)
{
	if (n >= 0)
		return TLS_DONE;
	if (errno == EAGAIN || errno == EINTR)
		return blocked;
	w->error = errno;
	return TLS_FAILED;
}

enum tls_step
wire_read(struct wire *w, void *out, size_t n, size_t *got_out)
{
	ssize_t got;

	if (w->secured)
		return tls_session_read(w->session, out, n, got_out);
	got = recv(w->fd, out, n, 0);
	*got_out = got > 0 ? (size_t)got : 0;
	return got == 0 ? TLS_ENDED : plain_step(w, got, TLS_WANT_READ);
}

enum tls_step
wire_write(struct wire *w, struct view bytes, size_t *sent_out)
{
	ssize_t sent;

	/* In equal pieces: what is tried again must not be less. */
	if (w->secured)
		return tls_session_write(w->session, view_head(bytes, STREAM_PIECE), sent_out);
	sent = send(w->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	*sent_out = sent > 0 ? (size_t)sent : 0;
	return plain_step(w, sent, TLS_WANT_WRITE);
}

bool
wire_has_more(const struct wire *w)
{
	return w->secured && tls_session_has_more(w->session);
}

enum tls_step
wire_drain(struct wire *w)
{
	char bytes[STREAM_PIECE];
	ssize_t n = recv(w->fd, bytes, sizeof(bytes), 0);

	if (n == 0)
		return TLS_ENDED;
	return n > 0 ? TLS_WANT_READ : plain_step(w, n, TLS_WANT_READ);
}

void
wire_end(struct wire *w)
{
	if (w->secured)
		tls_session_bye(w->session);
	shutdown(w->fd, SHUT_WR);
}

bool
wire_start_tls(struct wire *w, struct tls *t, const char *name, struct view early)
{
	w->session = tls_session_new(t, w->fd, name, early);
	return w->session != NULL;
}

enum tls_step
wire_handshake(struct wire *w)
{
	return tls_session_handshake(w->session);
}

void
wire_secured(struct wire *w)
{
	w->secured = true;
}
