/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/listener.h"
#include "util/clock.h"
#include "util/log.h"

struct client {
	uint64_t id; /* 0 = free */
	int fd;
	enum { ASKING, WAITING, ANSWERED, SUBSCRIBED } state;
	unsigned lost; /* lines that a subscriber did not take */
	int64_t due;
	struct buf in, out;
};

struct control {
	struct listener_address address;
	int fd;
	uid_t uid;
	gid_t gid;
	uint64_t last_id;
	struct client client[CONTROL_CLIENTS];
};

struct control *
control_open(const char *path, uid_t uid, gid_t gid, struct buf *why)
{
	const struct listener_owner owner = {geteuid(), gid, 0660};
	struct control *c = calloc(1, sizeof(*c));
	int n;

	if (!c)
		log_die("out of memory");
	c->uid = uid;
	c->gid = gid;
	c->address.family = LISTENER_UNIX;
	n = snprintf(c->address.path, sizeof(c->address.path), "%s", path);
	if (n < 0 || (size_t)n >= sizeof(c->address.path))
		buf_printf(why, "the path of the control socket is too long: %s", path);
	else if ((c->fd = listener_open(&c->address, &owner, why)) >= 0)
		return c;
	free(c);
	return NULL;
}

static void
drop(struct client *k)
{
	close(k->fd);
	buf_done(&k->in);
	buf_done(&k->out);
	k->id = 0;
}

void
control_close(struct control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].id)
			drop(&c->client[i]);
	listener_close(&c->address, c->fd);
	free(c);
}

static struct client *
find(struct control *c, uint64_t id)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].id == id)
			return &c->client[i];
	return NULL;
}

static bool
is_full(const struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].id == 0)
			return false;
	return true;
}

static bool
in_group(int fd, gid_t gid)
{
	gid_t group[256];
	socklen_t n = sizeof(group);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, group, &n) != 0)
		return false;
	for (size_t i = 0; i < n / sizeof(*group); i++)
		if (group[i] == gid)
			return true;
	return false;
}

static bool
may_ask(const struct control *c, int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
		return false;
	if (who.uid == 0 || who.uid == c->uid || who.gid == c->gid || in_group(fd, c->gid))
		return true;
	log_warn("control", "user %u may not ask", (unsigned)who.uid);
	return false;
}

static void
answer(struct client *k, bool ok, struct view text)
{
	buf_reset(&k->out);
	buf_printf(&k->out, "%s %zu\n", ok ? "ok" : "failed", text.n);
	buf_add(&k->out, text);
	k->state = ANSWERED;
	k->due = clock_mono_ms() + CONTROL_WAIT_MS;
}

void
control_reply(struct control *c, uint64_t client, bool ok, struct view text)
{
	struct client *k = client ? find(c, client) : NULL;

	if (!k || k->state == ANSWERED)
		return;
	if (text.n > CONTROL_REPLY_MAX)
		answer(k, false, VIEW("the reply is too long\n"));
	else
		answer(k, ok, text);
}

/* ---- subscribers ---- */

static size_t
count_subscribers(const struct control *c)
{
	size_t n = 0;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		n += c->client[i].id && c->client[i].state == SUBSCRIBED;
	return n;
}

bool
control_has_subscribers(const struct control *c)
{
	return count_subscribers(c) > 0;
}

void
control_subscribe(struct control *c, uint64_t client)
{
	struct client *k = client ? find(c, client) : NULL;

	if (!k || k->state == ANSWERED)
		return;
	if (count_subscribers(c) == CONTROL_SUBSCRIBERS) {
		answer(k, false, VIEW("too many watch at once\n"));
		return;
	}
	answer(k, true, VIEW(""));
	k->state = SUBSCRIBED;
	k->due = INT64_MAX;
}

/* The line that says how many were lost has a place kept free for it. */
static void
offer(struct client *k, struct view line)
{
	char lost[40] = "";

	if (k->lost)
		snprintf(lost, sizeof(lost), "{\"lost\":%u}\n", k->lost);
	if (k->out.n + strlen(lost) + line.n > CONTROL_EVENTS_MAX) {
		k->lost++;
		return;
	}
	buf_str(&k->out, lost);
	buf_add(&k->out, line);
	k->lost = 0;
}

void
control_publish(struct control *c, struct view line)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].id && c->client[i].state == SUBSCRIBED)
			offer(&c->client[i], line);
}

/* ---- the turn ---- */

static void
admit(struct control *c, int64_t now)
{
	struct client *k;
	int fd;

	while ((k = find(c, 0)) != NULL) {
		fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		*k = (struct client){.id = ++c->last_id, .fd = fd, .due = now + CONTROL_WAIT_MS};
		buf_init(&k->in, CONTROL_LINE_MAX);
		buf_init(&k->out, CONTROL_REPLY_MAX + 64);
		if (!may_ask(c, fd))
			answer(k, false,
				VIEW("you may not ask: be root or in the control group\n"));
	}
}

/* One read a turn: others wait too. False: the client is gone. */
static bool
take_line(struct client *k, control_handler *handler, void *ctx)
{
	char chunk[4096];
	ssize_t n = recv(k->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	struct view all, line;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	buf_add(&k->in, view_of(chunk, (size_t)n));
	if (k->in.over) {
		answer(k, false, VIEW("the request is too long\n"));
		return true;
	}
	all = buf_view(&k->in);
	line = view_head(all, view_find(all, '\n'));
	if (line.n == all.n)
		return true;
	k->state = WAITING;
	k->due = INT64_MAX;
	handler(ctx, k->id, line);
	return true;
}

static bool
give_reply(struct client *k)
{
	ssize_t n = send(k->fd, k->out.p, k->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_take(&k->out, (size_t)n);
	return k->out.n > 0 || k->state == SUBSCRIBED;
}

/* One that closed only its sending half still waits for the answer. */
static bool
is_there(const struct client *k)
{
	struct pollfd p = {.fd = k->fd};

	return poll(&p, 1, 0) <= 0;
}

static void
serve(struct client *k, int64_t now, control_handler *handler, void *ctx)
{
	bool stays = now < k->due;

	if (stays && k->state == ASKING)
		stays = take_line(k, handler, ctx);
	else if (stays && k->state != ANSWERED)
		stays = is_there(k);
	if (stays && k->out.n)
		stays = give_reply(k);
	if (!stays)
		drop(k);
}

void
control_work(struct control *c, int64_t now, control_handler *handler, void *ctx)
{
	admit(c, now);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].id)
			serve(&c->client[i], now, handler, ctx);
}

size_t
control_poll(const struct control *c, struct pollfd *out)
{
	size_t n = 0;

	out[n++] = (struct pollfd){.fd = is_full(c) ? -1 : c->fd, .events = POLLIN};
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *k = &c->client[i];

		if (k->id)
			out[n++] = (struct pollfd){.fd = k->fd,
				.events = k->state == ASKING ? POLLIN : k->out.n ? POLLOUT : 0};
	}
	return n;
}

int64_t
control_due(const struct control *c)
{
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].id && c->client[i].due < due)
			due = c->client[i].due;
	return due;
}
