/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/stream_world.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"

static void
note(void *ctx, struct stream *s, enum stream_event e)
{
	static const char letters[] = "CISTF";
	struct stream_owner *o = ctx;
	size_t n = strlen(o->log);

	if (n + 1 < sizeof(o->log))
		o->log[n] = letters[e];
	o->n[e]++;
	if (o->on)
		o->on(o, e);
}

static void
beat(void *ctx)
{
}

void
stream_world_begin(struct stream_world *w)
{
	*w = (struct stream_world){.loop = loop_new(), .pool = pool_new(2, 100)};
	if (!w->loop || !w->pool)
		log_die("no loop or pool");
	w->kind = (struct stream_kind){.loop = w->loop, .pool = w->pool, .event = note, .input_max = 65536,
		.output_max = 65536, .close_ms = 20000};
	loop_timer_init(&w->beat, w->loop, beat, NULL);
}

void
stream_world_end(struct stream_world *w)
{
	loop_timer_cancel(&w->beat);
	loop_stop(w->loop);
	loop_run(w->loop);
	pool_free(w->pool);
	loop_free(w->loop);
}

void
stream_world_turn(struct stream_world *w)
{
	loop_timer_set(&w->beat, 0);
	loop_turn(w->loop);
}

void
stream_world_pair(struct stream_world *w, struct stream_owner *o)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) != 0)
		log_die("no sockets");
	o->peer = fd[1];
	o->s = stream_open(&w->kind, fd[0], o);
}

void
stream_world_tcp(struct stream_world *w, struct stream_owner *o)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(sa);
	const int small = 4096;
	int at = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	o->peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(at, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(o->peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (bind(at, (struct sockaddr *)&sa, n) != 0 || listen(at, 1) != 0 ||
		getsockname(at, (struct sockaddr *)&sa, &n) != 0 ||
		connect(o->peer, (struct sockaddr *)&sa, n) != 0)
		log_die("no connection");
	fd = accept4(at, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	fcntl(o->peer, F_SETFL, O_NONBLOCK);
	close(at);
	o->s = stream_open(&w->kind, fd, o);
}

void
stream_world_free(struct stream_owner *o)
{
	stream_free(o->s);
	o->s = NULL;
	if (o->peer >= 0)
		close(o->peer);
	o->peer = -1;
}

void
stream_world_write(struct stream_world *w, struct stream_owner *o, struct view bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(o->peer, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n > 0)
			bytes = view_skip(bytes, (size_t)n);
		else if (errno != EAGAIN)
			return; /* the stream has gone; the test sees the consequence */
		stream_world_turn(w);
	}
}

enum stream_world_end
stream_world_read(struct stream_owner *o, struct buf *got)
{
	char bytes[16384];
	ssize_t n;

	while ((n = recv(o->peer, bytes, sizeof(bytes), 0)) > 0)
		buf_add(got, view_of(bytes, (size_t)n));
	if (n == 0)
		return STREAM_WORLD_END;
	return errno == EAGAIN ? STREAM_WORLD_OPEN : STREAM_WORLD_CUT;
}

void
stream_world_await(struct stream_world *w, struct stream_owner *o, struct buf *got, size_t n)
{
	while (stream_world_read(o, got) == STREAM_WORLD_OPEN && got->n < n)
		stream_world_turn(w);
}

struct view
stream_world_pattern(size_t n)
{
	static char all[STREAM_WORLD_PATTERN];

	for (size_t i = 0; i < n; i++)
		all[i] = (char)(i * 7 + i / 251);
	return view_of(all, n);
}

bool
stream_world_is_pattern(const struct buf *b, size_t n)
{
	return b->n == n && memcmp(b->p, stream_world_pattern(n).p, n) == 0;
}
