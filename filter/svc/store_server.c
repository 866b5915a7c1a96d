/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "svc/store/store_sqlite.h"
#include "util/clock.h"
#include "util/log.h"

struct connection {
	int fd;
	bool waits; /* for Redis to answer the request in front of `in` */
	bool gone;  /* nobody hears the answers */
	size_t n_in, n_out;
	char in[STORE_WIRE_REQUEST_MAX];
	char out[STORE_WIRE_REPLY_MAX];
};

enum { GAUGE_MS = 1000 };

enum { CONTROL, LISTENER, REDIS, FIRST }; /* places in struct server.poll */

struct server {
	int listen_fd, control_fd;
	struct store_sqlite *db;
	struct store_redis *redis; /* NULL: none */
	struct store_gauge *gauge; /* NULL: none */
	int64_t gauge_at;          /* clock_mono_ms: it is set again */
	bool gauge_old;            /* something happened since */
	struct connection *connection[STORE_SERVER_CONNECTIONS];
	size_t n;
	bool more; /* requests may be waiting that have been read */
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

/* The request in front is done with. False: the client is gone. */
static bool
reply(struct connection *c, const struct store_result *result, size_t used)
{
	c->n_out = store_wire_write_reply(result, c->out);
	c->n_in -= used;
	memmove(c->in, c->in + used, c->n_in);
	return flush(c);
}

static struct store_result
by_file(struct server *s, const struct store_request *r)
{
	struct store_result result = {.value = {NULL, 0}};

	result.status = store_sqlite_do(s->db, r, &result.value);
	return result;
}

/* Answers the requests that are there, one after another. Who did not wait for the answers meant them all the
 * same: they are carried out, or a batch would be counted in part. False: close it. */
static bool
answer(struct server *s, struct connection *c)
{
	while ((c->n_out == 0 || c->gone) && !c->waits) {
		struct store_request r;
		struct store_result result;
		size_t used;
		enum store_wire_status w = store_wire_read_request(view_of(c->in, c->n_in), &r, &used);

		if (w == STORE_WIRE_MORE)
			return !c->gone;
		if (w == STORE_WIRE_BAD) {
			log_seldom(LOG_LEVEL_WARN, "store-request", "a client broke the protocol");
			return false;
		}
		if (s->redis && store_redis_start(s->redis, &r, c)) {
			c->waits = true;
			return true;
		}
		result = by_file(s, &r);
		c->gone |= !reply(c, &result, used);
	}
	return !c->gone || c->waits;
}

/* What Redis wrote is in the file too, which carries on when Redis is away. */
static void
mirror(struct server *s, const struct store_request *r, const struct store_result *result)
{
	struct store_request copy = *r;
	bool wrote = (r->op == STORE_ADD && result->status == STORE_NONE) ||
		(r->op == STORE_TALLY && r->amount && result->status == STORE_FOUND);

	if (wrote) {
		copy.op = STORE_PUT;
		copy.value = r->op == STORE_TALLY ? result->value : r->value;
		copy.expires = r->op == STORE_TALLY ? r->now + r->window + r->step : r->expires;
	}
	if (wrote || r->op == STORE_PUT || r->op == STORE_REMOVE)
		by_file(s, &copy);
}

/* Redis has answered, or not. */
static void
done(void *ctx, void *tag, const struct store_result *result)
{
	struct server *s = ctx;
	struct connection *c = tag;
	struct store_result r = *result;
	struct store_request request;
	size_t used;

	c->waits = false;
	if (store_wire_read_request(view_of(c->in, c->n_in), &request, &used) != STORE_WIRE_OK)
		return;
	if (r.status == STORE_TEMPFAIL)
		r = by_file(s, &request);
	else
		mirror(s, &request, &r);
	c->gone |= !reply(c, &r, used);
	s->more = true;
}

static bool
receive(struct server *s, struct connection *c)
{
	ssize_t n;

	if (c->n_in == sizeof(c->in))
		return true;
	n = recv(c->fd, c->in + c->n_in, sizeof(c->in) - c->n_in, MSG_DONTWAIT);
	if (n > 0)
		c->n_in += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		c->gone = true;
	return answer(s, c);
}

static bool
serve(struct server *s, struct connection *c, short events)
{
	if (events & POLLOUT)
		c->gone |= !flush(c);
	else if (events & (POLLIN | POLLHUP | POLLERR))
		return receive(s, c);
	return answer(s, c); /* what came with the request before */
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
		if (c->waits)
			store_redis_forget(s->redis, c);
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

static void
set_gauge(struct server *s)
{
	struct store_sqlite_state file;
	struct store_redis_state redis = {.up = false};
	int64_t now = clock_mono_ms();

	s->gauge_old = s->gauge && now < s->gauge_at;
	if (!s->gauge || s->gauge_old)
		return;
	s->gauge_at = now + GAUGE_MS;
	store_sqlite_describe(s->db, &file);
	if (s->redis)
		store_redis_describe(s->redis, &redis);
	atomic_store(&s->gauge->in_memory, file.in_memory);
	atomic_store(&s->gauge->failures, file.failures);
	atomic_store(&s->gauge->records, file.records);
	atomic_store(&s->gauge->bytes, file.bytes);
	atomic_store(&s->gauge->waiting, file.waiting);
	atomic_store(&s->gauge->redis_up, redis.up);
}

static int
sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Milliseconds; -1: no limit. */
static int
due(const struct server *s)
{
	int ms = s->redis ? store_redis_due(s->redis) : -1;

	if (s->more)
		return 0;
	if (s->gauge_old)
		ms = sooner(ms, GAUGE_MS);
	return sooner(ms, store_sqlite_due(s->db));
}

static struct pollfd
poll_of(const struct connection *c)
{
	short events = c->n_out ? POLLOUT : c->n_in < sizeof(c->in) ? POLLIN : 0;

	return (struct pollfd){.fd = c->gone ? -1 : c->fd, .events = events};
}

static int
wait(struct server *s)
{
	s->poll[CONTROL] = (struct pollfd){s->control_fd, POLLIN, 0};
	s->poll[LISTENER] = (struct pollfd){s->listen_fd, POLLIN, 0};
	s->poll[REDIS] = s->redis ? store_redis_poll(s->redis) : (struct pollfd){-1, 0, 0};
	for (size_t i = 0; i < s->n; i++)
		s->poll[FIRST + i] = poll_of(s->connection[i]);
	return poll(s->poll, FIRST + s->n, due(s));
}

static int
loop(struct server *s)
{
	for (;;) {
		if (wait(s) < 0 && errno != EINTR)
			return -1;
		s->more = false;
		if (s->poll[CONTROL].revents && ordered_to_end(s))
			return 0;
		serve_all(s);
		if (s->poll[LISTENER].revents)
			accept_all(s);
		if (s->redis)
			store_redis_serve(s->redis, s->poll[REDIS].revents);
		store_sqlite_tick(s->db, clock_wall());
		set_gauge(s);
	}
}

static bool
no_block(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

int
store_server_run(int listen_fd, int control_fd, const char *path, const struct store_redis_options *redis,
	struct store_gauge *gauge)
{
	struct store_redis_options o;
	struct server *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		log_die("out of memory");
	s->listen_fd = listen_fd;
	s->control_fd = control_fd;
	s->gauge = gauge;
	s->db = store_sqlite_new(path);
	if (redis) {
		o = *redis;
		o.done = done;
		o.ctx = s;
		s->redis = store_redis_new(&o);
	}
	set_gauge(s);
	rc = no_block(listen_fd) && no_block(control_fd) ? loop(s) : -1;
	for (size_t i = 0; i < s->n; i++) {
		close(s->connection[i]->fd);
		free(s->connection[i]);
	}
	store_redis_free(s->redis);
	store_sqlite_free(s->db);
	free(s);
	return rc;
}
