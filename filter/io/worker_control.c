/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/worker_control.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "io/event_line.h"
#include "util/limits.h"

struct worker_control {
	int fd;
	struct worker_callbacks cb;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum { TURN_WAIT, TURN_SERVE, TURN_LEAVE } turn;
	bool closing; /* worker_control_free: the end of file is ours */
	bool drained; /* the thread's own */
};

int
worker_control_say(int fd, const char *verb, struct view text)
{
	struct iovec part[3] = {
		{(char *)(uintptr_t)verb, strlen(verb)}, {(char *)(uintptr_t) " ", 1}};
	struct msghdr m = {.msg_iov = part, .msg_iovlen = text.n ? 3 : 1};

	text = view_head(text, CONTROL_LINE_MAX - part[0].iov_len - 1);
	part[2] = (struct iovec){(char *)(uintptr_t)text.p, text.n};
	while (sendmsg(fd, &m, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

/* The socket is full when the supervisor hangs: then the log alone has it. */
void
worker_control_event(void *ctx, enum log_level level, const char *event, struct view text)
{
	const struct event_line e = {level, view_str(event), text};
	const int *fd = ctx;
	struct buf b;

	buf_init(&b, EVENT_LINE_MAX + 8);
	buf_str(&b, "event ");
	event_line_write(&e, &b);
	if (!b.over)
		send(*fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_done(&b);
}

static void
take_turn(struct worker_control *w, int turn)
{
	pthread_mutex_lock(&w->lock);
	if (w->turn != TURN_LEAVE)
		w->turn = turn;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void
serve(struct worker_control *w)
{
	take_turn(w, TURN_SERVE);
}

static void
drain(struct worker_control *w)
{
	take_turn(w, TURN_LEAVE);
	if (!w->drained && w->cb.drain)
		w->cb.drain(w->cb.ctx);
	w->drained = true;
}

static void
end(struct worker_control *w)
{
	take_turn(w, TURN_LEAVE);
	if (w->cb.end)
		w->cb.end(w->cb.ctx);
}

static void
off(struct worker_control *w)
{
	if (w->cb.set_off)
		w->cb.set_off(w->cb.ctx, true);
}

static void
on(struct worker_control *w)
{
	if (w->cb.set_off)
		w->cb.set_off(w->cb.ctx, false);
}

static void
status(struct worker_control *w)
{
	struct buf text;

	buf_init(&text, WORKER_STATUS_MAX);
	if (w->cb.status)
		w->cb.status(w->cb.ctx, &text);
	worker_control_say(w->fd, "status", buf_view(&text));
	buf_done(&text);
}

static const struct verb {
	const char *name;
	void (*run)(struct worker_control *w);
} verbs[] = {
	{"serve", serve},
	{"drain", drain},
	{"end", end},
	{"off", off},
	{"on", on},
	{"status", status},
};

static void
obey(struct worker_control *w, struct view message)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (view_eq_str(message, verbs[i].name)) {
			verbs[i].run(w);
			return;
		}
	log_warn("control", "unknown message '%.*s'", VIEW_ARG(message));
}

static bool
is_closing(struct worker_control *w)
{
	bool yes;

	pthread_mutex_lock(&w->lock);
	yes = w->closing;
	pthread_mutex_unlock(&w->lock);
	return yes;
}

static void *
listen_to(void *arg)
{
	struct worker_control *w = arg;
	char text[64]; /* the longest verb is far shorter; what is cut is unknown */
	ssize_t n;

	for (;;) {
		n = recv(w->fd, text, sizeof(text), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		obey(w, view_of(text, (size_t)n));
	}
	if (!is_closing(w))
		drain(w);
	return NULL;
}

struct worker_control *
worker_control_start(int fd, const struct worker_callbacks *cb)
{
	struct worker_control *w = calloc(1, sizeof(*w));
	int e;

	if (!w)
		log_die("out of memory");
	w->fd = fd;
	w->cb = *cb;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	e = pthread_create(&w->thread, NULL, listen_to, w);
	if (e == 0)
		return w;
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
	errno = e;
	return NULL;
}

void
worker_control_free(struct worker_control *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	pthread_mutex_unlock(&w->lock);
	shutdown(w->fd, SHUT_RD);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

bool
worker_control_ready(struct worker_control *w)
{
	bool go;

	worker_control_say(w->fd, "ready", VIEW(""));
	pthread_mutex_lock(&w->lock);
	while (w->turn == TURN_WAIT)
		pthread_cond_wait(&w->changed, &w->lock);
	go = w->turn == TURN_SERVE;
	pthread_mutex_unlock(&w->lock);
	return go;
}

void
worker_control_failed(struct worker_control *w, struct view text)
{
	worker_control_say(w->fd, "failed", text);
}
