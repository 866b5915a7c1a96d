/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/control_call.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/limits.h"

enum { HEAD_MAX = 32 };

/* head = ( "ok" / "failed" ) SP 1*DIGIT LF */
int
control_call_head(struct view reply, bool *ok_out, size_t *length_out)
{
	struct view line = view_head(reply, view_find(reply, '\n'));
	size_t blank = view_find(line, ' ');
	struct view word = view_head(line, blank);
	uint64_t length;

	if (line.n == reply.n)
		return reply.n < HEAD_MAX ? 0 : -1;
	if (!view_eq_str(word, "ok") && !view_eq_str(word, "failed"))
		return -1;
	if (blank == line.n || !view_number(view_skip(line, blank + 1), CONTROL_REPLY_MAX, &length))
		return -1;
	*ok_out = word.n == 2;
	*length_out = (size_t)length;
	return (int)line.n + 1;
}

static bool
wait_for(int fd, short event, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = event};
	int64_t left;
	int r;

	do {
		left = deadline - clock_mono_ms();
		r = left > 0 ? poll(&p, 1, left > INT_MAX ? -1 : (int)left) : 0;
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

static bool
send_all(int fd, struct view v, int64_t deadline)
{
	while (v.n) {
		ssize_t n = send(fd, v.p, v.n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			v = view_skip(v, (size_t)n);
		else if (errno == EPIPE || errno == ECONNRESET)
			return true; /* it did not wait for the request: it has said why */
		else if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLOUT, deadline))
			return false;
	}
	return true;
}

/* Reads until the reply is whole; adds its text to out. What came after it stays in `in`. */
static enum control_call_result
receive(int fd, struct buf *in, int64_t deadline, struct buf *out)
{
	char chunk[8192];
	size_t length;
	bool ok;
	int head;

	while (!in->over && wait_for(fd, POLLIN, deadline)) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		buf_add(in, view_of(chunk, (size_t)n));
		head = control_call_head(buf_view(in), &ok, &length);
		if (head < 0)
			break;
		if (head == 0 || in->n - (size_t)head < length)
			continue;
		buf_add(out, view_head(view_skip(buf_view(in), (size_t)head), length));
		buf_take(in, (size_t)head + length);
		return ok ? CONTROL_CALL_OK : CONTROL_CALL_FAILED;
	}
	return CONTROL_CALL_BROKEN;
}

/* Until the end of the connection. */
static void
hand_on(int fd, struct view first, const struct control_call_taker *t)
{
	char chunk[8192];
	ssize_t n = 0;

	t->take(t->ctx, first);
	do {
		if (n > 0)
			t->take(t->ctx, view_of(chunk, (size_t)n));
		wait_for(fd, POLLIN, INT64_MAX);
		n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
}

static enum control_call_result
talk(int fd, const char *request, int64_t deadline, const struct control_call_taker *t, struct buf *out)
{
	enum control_call_result r = CONTROL_CALL_BROKEN;
	struct buf in;

	buf_init(&in, CONTROL_REPLY_MAX + HEAD_MAX);
	if (send_all(fd, view_str(request), deadline) && send_all(fd, VIEW("\n"), deadline))
		r = receive(fd, &in, deadline, out);
	if (r == CONTROL_CALL_OK && t)
		hand_on(fd, buf_view(&in), t);
	buf_done(&in);
	return r;
}

enum control_call_result
control_call_watch(const char *path, const char *request, int timeout_ms,
	const struct control_call_taker *t, struct buf *out)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path), fd, e;
	enum control_call_result r = CONTROL_CALL_AWAY;

	errno = ENAMETOOLONG;
	if (n < 0 || (size_t)n >= sizeof(sa.sun_path))
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		r = talk(fd, request, clock_mono_ms() + timeout_ms, t, out);
	else if (errno == EACCES || errno == EPERM)
		r = CONTROL_CALL_DENIED;
	else if (errno == EAGAIN) /* its backlog is full: it hangs */
		r = CONTROL_CALL_BROKEN;
	e = errno;
	close(fd);
	errno = e;
	return r;
}

enum control_call_result
control_call(const char *path, const char *request, int timeout_ms, struct buf *out)
{
	return control_call_watch(path, request, timeout_ms, NULL, out);
}
