/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/acceptor.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/limits.h"
#include "util/log.h"

struct acceptor {
	struct acceptor_options o;
	int fd, spare; /* spare: a descriptor for bad times; -1 = none */
	struct event readable;
	struct loop_timer pause;
	bool resting, in_call, stopped;
};

static int
new_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int
take(struct acceptor *a, union listener_sockaddr *sa)
{
	socklen_t n = sizeof(*sa);

	return accept4(a->fd, &sa->any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* With the spare descriptor's number, which then is free again. False: not even so. */
static bool
refuse(struct acceptor *a)
{
	union listener_sockaddr sa;
	int fd;

	log_seldom(LOG_LEVEL_WARN, "descriptors", "there are no more descriptors: clients are refused");
	if (a->spare < 0)
		return false;
	close(a->spare);
	fd = take(a, &sa);
	if (fd >= 0) {
		send(fd, a->o.busy.p, a->o.busy.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
	}
	a->spare = new_spare();
	return fd >= 0;
}

static void
go_on(void *ctx)
{
	struct acceptor *a = ctx;

	if (a->spare < 0)
		a->spare = new_spare();
	if (!a->resting)
		event_add(&a->readable, NULL);
}

/* The socket stays readable: without a pause the loop would spin. */
static void
pause_accepting(struct acceptor *a)
{
	event_del(&a->readable);
	loop_timer_set(&a->pause, ACCEPT_PAUSE_MS);
}

static void
hand_over(struct acceptor *a, int fd, const union listener_sockaddr *sa)
{
	struct listener_address peer;

	if (listener_from_sockaddr(sa, &peer))
		a->o.accepted(a->o.ctx, fd, &peer);
	else
		close(fd);
}

/* What accept(2) could not: true to try the next. Errors that a connection died of, accept(2) tells too. */
static bool
get_over(struct acceptor *a, int e)
{
	switch (e) {
	case EAGAIN:
		return false;
	case EINTR:
	case ECONNABORTED:
	case EPERM: /* a firewall's word */
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ETIMEDOUT:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
		return true;
	case EMFILE:
	case ENFILE:
		if (refuse(a))
			return true;
		break;
	default:
		log_seldom(LOG_LEVEL_ERROR, "accept", "clients cannot be accepted: %s", strerror(e));
		break;
	}
	pause_accepting(a);
	return false;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	a->in_call = true;
	for (int i = 0; i < ACCEPT_BATCH && !a->stopped && !a->resting; i++) {
		union listener_sockaddr sa;
		int got = take(a, &sa);

		if (got >= 0)
			hand_over(a, got, &sa);
		else if (!get_over(a, errno))
			break;
	}
	a->in_call = false;
	if (a->stopped)
		free(a);
}

struct acceptor *
acceptor_start(const struct acceptor_options *o)
{
	struct acceptor *a = calloc(1, sizeof(*a));
	int e;

	if (!a)
		log_die("out of memory");
	a->o = *o;
	a->fd = fcntl(o->fd, F_DUPFD_CLOEXEC, 0);
	e = errno;
	if (a->fd < 0) {
		free(a);
		errno = e;
		return NULL;
	}
	a->spare = new_spare();
	loop_timer_init(&a->pause, o->loop, go_on, a);
	event_assign(&a->readable, loop_base(o->loop), a->fd, EV_READ | EV_PERSIST, on_readable, a);
	a->resting = o->rests;
	if (!a->resting)
		event_add(&a->readable, NULL);
	return a;
}

void
acceptor_rest(struct acceptor *a)
{
	a->resting = true;
	event_del(&a->readable);
}

void
acceptor_go_on(struct acceptor *a)
{
	a->resting = false;
	if (!a->pause.at)
		event_add(&a->readable, NULL);
}

void
acceptor_stop(struct acceptor *a)
{
	if (!a)
		return;
	event_del(&a->readable);
	loop_timer_cancel(&a->pause);
	close(a->fd);
	if (a->spare >= 0)
		close(a->spare);
	a->stopped = true;
	if (!a->in_call)
		free(a);
}
