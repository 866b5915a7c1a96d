/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_remote.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"

enum { BACKOFF_MIN = 100, BACKOFF_MAX = 1000, LATE_MAX = 3 };

enum end { GOOD, LATE, BROKEN }; /* of a call */

struct remote {
	struct store_backend backend; /* first: what callers hold */
	struct sockaddr_un address;
	uint32_t timeout_ms;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t freed; /* a connection came back */
	int idle[STORE_CLIENT_CONNECTIONS];
	size_t n_idle, n_used;
	int64_t closed_until; /* clock_mono_ms: calls fail at once before */
	int64_t failed_at;    /* when a failure was last counted */
	uint32_t backoff;     /* not 0: nothing went well since it was closed */
	unsigned late;        /* failures in a row that were only that */
};

/* ---- connections ---- */

/* One that waits for its next request has nothing to say: if it has, the store has hung up. */
static bool
alive(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* A unix socket connects at once or not at all. */
static int
dial(const struct remote *r)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&r->address, sizeof(r->address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
closed(const struct remote *r)
{
	return clock_mono_ms() < r->closed_until || (r->backoff && r->n_used); /* one probe is enough */
}

/* Waits until a connection may be used; false when the time is over or the store is known to be away. */
static bool
take_turn(struct remote *r, int64_t deadline, int *fd_out, bool *late_out)
{
	struct timespec at = {deadline / 1000, deadline % 1000 * 1000000};
	int rc = 0;
	bool ok;

	pthread_mutex_lock(&r->lock);
	while (rc == 0 && !closed(r) && r->n_used == STORE_CLIENT_CONNECTIONS)
		rc = pthread_cond_timedwait(&r->freed, &r->lock, &at);
	*late_out = rc != 0;
	ok = rc == 0 && !closed(r);
	if (ok) {
		*fd_out = r->n_idle ? r->idle[--r->n_idle] : -1;
		r->n_used++;
	}
	pthread_mutex_unlock(&r->lock);
	return ok;
}

/* Notes how a call ended that began at start. True: it is news that the store is away, or back. */
static bool
judge(struct remote *r, enum end end, int64_t start)
{
	int64_t now = clock_mono_ms();
	bool away = r->backoff != 0;

	if (end == GOOD) {
		r->backoff = 0;
		r->late = 0;
		r->closed_until = 0;
		return away;
	}
	if (start < r->failed_at) /* calls that failed together count once */
		return false;
	r->failed_at = now;
	if (end == LATE && !away && ++r->late < LATE_MAX)
		return false;
	r->backoff = away ? r->backoff * 2 : BACKOFF_MIN;
	if (r->backoff > BACKOFF_MAX)
		r->backoff = BACKOFF_MAX;
	r->closed_until = now + r->backoff;
	return !away;
}

/* fd is kept if the call went well. */
static void
give_back(struct remote *r, int fd, enum end end, int64_t start)
{
	bool news;

	if (end != GOOD && fd >= 0)
		close(fd);
	pthread_mutex_lock(&r->lock);
	r->n_used--;
	if (end == GOOD)
		r->idle[r->n_idle++] = fd;
	news = judge(r, end, start);
	if (news)
		pthread_cond_broadcast(&r->freed);
	else
		pthread_cond_signal(&r->freed);
	pthread_mutex_unlock(&r->lock);
	if (news && end == GOOD)
		log_seldom(LOG_LEVEL_NOTICE, "store-back", "path=%s", r->address.sun_path);
	else if (news)
		log_seldom(LOG_LEVEL_WARN, "store-away", "path=%s", r->address.sun_path);
}

/* ---- one call ---- */

/* Until fd is ready. False at the deadline. */
static bool
ready(int fd, short events, int64_t deadline, bool *late_out)
{
	struct pollfd p = {fd, events, 0};
	int rc;

	do {
		int64_t left = deadline - clock_mono_ms();

		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc < 0 && errno == EINTR);
	*late_out = rc == 0;
	return rc > 0;
}

static bool
send_all(int fd, struct view v, int64_t deadline, bool *late_out)
{
	while (v.n) {
		ssize_t n = send(fd, v.p, v.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			v = view_skip(v, (size_t)n);
		else if (n < 0 && errno == EAGAIN && !ready(fd, POLLOUT, deadline, late_out))
			return false;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
	}
	return true;
}

/* What has come of the replies. */
struct incoming {
	size_t used, n; /* of bytes */
	char bytes[STORE_WIRE_REPLY_MAX];
};

/* Reads one reply. False: late, or of no more use. */
static bool
read_reply(int fd, struct incoming *in, int64_t deadline, struct store_result *out, bool *late_out)
{
	for (;;) {
		struct view rest = view_of(in->bytes + in->used, in->n - in->used);
		enum store_wire_status w;
		size_t used;
		ssize_t got;

		w = store_wire_read_reply(rest, out, &used);
		if (w == STORE_WIRE_OK)
			in->used += used;
		if (w != STORE_WIRE_MORE)
			return w == STORE_WIRE_OK;
		memmove(in->bytes, rest.p, rest.n);
		in->used = 0;
		in->n = rest.n;
		if (!ready(fd, POLLIN, deadline, late_out))
			return false;
		got = recv(fd, in->bytes + in->n, sizeof(in->bytes) - in->n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return false;
		in->n += (size_t)got;
	}
}

/* All requests, then all replies, and nothing behind them. */
static bool
exchange(int fd, const struct store_request *r, size_t n, struct arena *a, int64_t deadline,
	struct store_result *out, bool *late_out)
{
	struct store_result result;
	struct incoming in;

	in.used = in.n = 0;
	for (size_t i = 0; i < n; i++) {
		char request[STORE_WIRE_REQUEST_MAX];
		size_t bytes = store_wire_write_request(&r[i], request);

		if (!send_all(fd, view_of(request, bytes), deadline, late_out))
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!read_reply(fd, &in, deadline, &result, late_out))
			return false;
		out[i] = (struct store_result){result.status, arena_copy(a, result.value)};
	}
	return in.used == in.n;
}

static void
remote_call(struct store_backend *b, const struct store_request *requests, size_t n, struct arena *a,
	struct store_result *out, bool *late_out)
{
	struct remote *r = (struct remote *)b;
	int64_t start = clock_mono_ms(), deadline = start + r->timeout_ms;
	bool good;
	int fd;

	*late_out = false;
	if (!take_turn(r, deadline, &fd, late_out))
		return;
	if (fd >= 0 && !alive(fd)) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		fd = dial(r);
	good = fd >= 0 && exchange(fd, requests, n, a, deadline, out, late_out);
	give_back(r, fd, good ? GOOD : *late_out ? LATE : BROKEN, start);
	for (size_t i = 0; !good && i < n; i++)
		out[i] = (struct store_result){.status = STORE_TEMPFAIL};
}

/* ---- life ---- */

static void
remote_free(struct store_backend *b)
{
	struct remote *r = (struct remote *)b;

	for (size_t i = 0; i < r->n_idle; i++)
		close(r->idle[i]);
	pthread_cond_destroy(&r->freed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

struct store_backend *
store_remote_new(const char *path, uint32_t timeout_ms)
{
	struct remote *r = calloc(1, sizeof(*r));
	struct view p = view_str(path);
	pthread_condattr_t monotonic;

	if (!r)
		log_die("out of memory");
	if (p.n >= sizeof(r->address.sun_path))
		log_die("the path of the store's socket is too long: %s", path);
	r->backend = (struct store_backend){remote_call, remote_free};
	r->address.sun_family = AF_UNIX;
	memcpy(r->address.sun_path, p.p, p.n);
	r->timeout_ms = timeout_ms;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->freed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return &r->backend;
}
