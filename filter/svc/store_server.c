/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "svc/store_sqlite.h"
#include "util/clock.h"
#include "util/log.h"

struct connection {
	int fd;
	size_t n_in, n_out;
	char in[STORE_WIRE_REQUEST_MAX];
	char out[STORE_WIRE_REPLY_MAX];
};

enum { CONTROL, LISTENER, FIRST }; /* places in struct server.poll */

struct server {
	int listen_fd, control_fd;
	struct store_sqlite *db;
	struct connection *connection[STORE_SERVER_CONNECTIONS];
	size_t n;
	struct pollfd poll[FIRST + STORE_SERVER_CONNECTIONS];
	char control[8]; /* the end of what was read from control_fd */
};

/* ---- one connection ---- */

/* Sends what is waiting. False: the client is gone. */
static bool
flush(struct connection *c)
{
	ssize_t n = send(c->fd, c->out, c->n_out, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->n_out -= (size_t)n;
	memmove(c->out, c->out + n, c->n_out);
	return true;
}

/* Answers the requests that are there, one after another. False: close it. */
static bool
answer(struct server *s, struct connection *c)
{
	while (c->n_out == 0) {
		struct store_request r;
		struct store_result result = {.value = {NULL, 0}};
		size_t used;
		enum store_wire_status w = store_wire_read_request(view_of(c->in, c->n_in), &r, &used);

		if (w == STORE_WIRE_MORE)
			return true;
		if (w == STORE_WIRE_BAD) {
			log_seldom(LOG_LEVEL_WARN, "store-request", "a client broke the protocol");
			return false;
		}
		result.status = store_sqlite_do(s->db, &r, &result.value);
		c->n_out = store_wire_write_reply(&result, c->out);
		c->n_in -= used;
		memmove(c->in, c->in + used, c->n_in);
		if (!flush(c))
			return false;
	}
	return true;
}

static bool
receive(struct server *s, struct connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->n_in, sizeof(c->in) - c->n_in, MSG_DONTWAIT);

	if (n == 0)
		return false;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->n_in += (size_t)n;
	return answer(s, c);
}

static bool
serve(struct server *s, struct connection *c, short events)
{
	if (events & POLLOUT)
		return flush(c) && answer(s, c);
	return (events & (POLLIN | POLLHUP | POLLERR)) == 0 || receive(s, c);
}

static void
serve_all(struct server *s)
{
	size_t n = s->n, kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct connection *c = s->connection[i];

		if (serve(s, c, s->poll[FIRST + i].revents)) {
			s->connection[kept++] = c;
			continue;
		}
		close(c->fd);
		free(c);
	}
	s->n = kept;
}

/* ---- all of them ---- */

static void
accept_all(struct server *s)
{
	for (;;) {
		int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct connection *c;

		if (fd < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
				log_seldom(LOG_LEVEL_ERROR, "store-accept", "errno=%d", errno);
			return;
		}
		if (s->n == STORE_SERVER_CONNECTIONS) {
			log_seldom(LOG_LEVEL_WARN, "store-connections", "more than %d",
				STORE_SERVER_CONNECTIONS);
			close(fd);
			continue;
		}
		c = calloc(1, sizeof(*c));
		if (!c)
			log_die("out of memory");
		c->fd = fd;
		s->connection[s->n++] = c;
	}
}

/* True when the supervisor is gone or says "drain". */
static bool
ordered_to_end(struct server *s)
{
	static const char word[] = "drain\n";
	enum { N = sizeof(word) - 1 };
	char c;
	ssize_t n;

	while ((n = read(s->control_fd, &c, 1)) == 1) {
		memmove(s->control, s->control + 1, N - 1);
		s->control[N - 1] = c;
		if (memcmp(s->control, word, N) == 0)
			return true;
	}
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

static int
wait(struct server *s)
{
	s->poll[CONTROL] = (struct pollfd){s->control_fd, POLLIN, 0};
	s->poll[LISTENER] = (struct pollfd){s->listen_fd, POLLIN, 0};
	for (size_t i = 0; i < s->n; i++)
		s->poll[FIRST + i] = (struct pollfd){s->connection[i]->fd,
			s->connection[i]->n_out ? POLLOUT : POLLIN, 0};
	return poll(s->poll, FIRST + s->n, store_sqlite_due(s->db));
}

static int
loop(struct server *s)
{
	for (;;) {
		if (wait(s) < 0 && errno != EINTR)
			return -1;
		if (s->poll[CONTROL].revents && ordered_to_end(s))
			return 0;
		serve_all(s);
		if (s->poll[LISTENER].revents)
			accept_all(s);
		store_sqlite_tick(s->db, clock_wall());
	}
}

static bool
no_block(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

int
store_server_run(int listen_fd, int control_fd, const char *path)
{
	struct server *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		log_die("out of memory");
	s->listen_fd = listen_fd;
	s->control_fd = control_fd;
	s->db = store_sqlite_new(path);
	rc = no_block(listen_fd) && no_block(control_fd) ? loop(s) : -1;
	for (size_t i = 0; i < s->n; i++) {
		close(s->connection[i]->fd);
		free(s->connection[i]);
	}
	store_sqlite_free(s->db);
	free(s);
	return rc;
}
