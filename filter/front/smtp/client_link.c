/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers of the pool, of the backend and of the client come as events of the loop. Each is handed to the
 * dialogue, then the client is looked after (settle): its input is offered, and it is buried when it has gone
 * and nothing of it is under way.
 */
#include "front/smtp/client_link.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/smtp/client_host.h"
#include "front/smtp/client_work.h"
#include "util/limits.h"
#include "util/log.h"

enum { INPUT_MAX = 128 * 1024, OUTPUT_MAX = 64 * 1024, STUCK_MS = 5 * 60 * 1000 };

/* ---- the client ---- */

static void
offer_input(struct client_link *c)
{
	struct view in;
	size_t taken;

	while (c->stream && (in = stream_input(c->stream)).n) {
		taken = smtp_session_input(c->s, in);
		if (c->stream)
			stream_take(c->stream, taken);
		if (taken == 0)
			break;
	}
}

void
client_link_settle(struct client_link *c)
{
	if (c->settling || c->burying)
		return;
	c->settling = true;
	offer_input(c);
	if (c->stream && stream_has_ended(c->stream) && !smtp_session_busy(c->s)) {
		smtp_session_gone(c->s, VIEW("it hung up"));
		if (c->stream)
			stream_close(c->stream);
		c->stream = NULL;
	}
	c->settling = false;
	if (!c->stream && !smtp_session_busy(c->s) && !c->working)
		client_work_bury(c);
}

static void
on_task(void *ctx)
{
	struct client_link *c = ctx;

	if (c->dead) {
		client_work_end(c);
		return;
	}
	client_work_wake(c);
	if (!c->asleep && !c->working)
		client_link_settle(c);
}

static void
on_timer(void *ctx)
{
	struct client_link *c = ctx;

	smtp_session_timer(c->s);
	client_link_settle(c);
}

static void
tell_secured(struct client_link *c)
{
	struct view none = {NULL, 0};
	struct tls_info t;

	if (!stream_info(c->stream, &t))
		return;
	smtp_session_secured(
		c->s, view_str(t.version), view_str(t.cipher), t.verified ? view_str(t.name) : none);
}

static void
on_stream(void *ctx, struct stream *s, enum stream_event e)
{
	struct client_link *c = ctx;
	char why[STREAM_WHY_MAX];

	if (e == STREAM_SECURED)
		tell_secured(c);
	if (e == STREAM_FAILED) {
		stream_why(s, why);
		stream_free(s);
		c->stream = NULL;
		smtp_session_gone(c->s, view_str(why));
	}
	client_link_settle(c);
}

/* ---- life ---- */

void
client_link_prepare(struct client_loop *l)
{
	l->kind = (struct stream_kind){.loop = l->backend.loop, .pool = l->site->pool, .event = on_stream,
		.input_max = INPUT_MAX, .output_max = OUTPUT_MAX, .stuck_ms = STUCK_MS,
		.close_ms = STREAM_CLOSE_MS};
	LIST_INIT(&l->links);
}

/* The address that the client came to; a unix socket has none. */
static void
find_local(int fd, struct smtp_client *out)
{
	struct listener_address a;

	if (listener_local(fd, &a) == 0 && a.family != LISTENER_UNIX) {
		out->local_ip = a.ip;
		out->local_port = a.port;
	}
}

static void
turn_away(struct client_loop *l, int fd)
{
	static const char text[] = "421 4.3.2 too many connections, please try again later\r\n";

	atomic_fetch_add(&l->site->refused, 1);
	if (!l->draining)
		log_seldom(LOG_LEVEL_WARN, "connections-refused", "listener=%.*s too many of all",
			VIEW_ARG(l->site->listener));
	if (write(fd, text, sizeof(text) - 1) < 0)
		log_debug("client-lost", "before it was told 421");
	close(fd);
}

void
client_link_accept(struct client_loop *l, int fd, const struct listener_address *peer)
{
	struct smtp_client client = {.ip = peer->ip, .port = peer->port};
	struct admission_pass pass = {.inside = false};
	struct client_link *c;

	atomic_fetch_add(&l->site->connections, 1);
	if (l->draining || admission_enter(l->site->admission, &pass) != ADMISSION_OK) {
		turn_away(l, fd);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		log_die("out of memory");
	find_local(fd, &client);
	c->l = l;
	c->pass = pass;
	client_host_init(c);
	client_work_init(c);
	loop_timer_init(&c->timer, l->backend.loop, on_timer, c);
	loop_task_init(&c->wake, on_task, c);
	c->stream = stream_open(&l->kind, fd, c);
	c->s = smtp_session_new(&l->site->smtp, &c->host, &client, l->site->implicit_tls);
	LIST_INSERT_HEAD(&l->links, c, link);
	atomic_fetch_add(&l->n, 1);
	atomic_fetch_add(&l->site->open, 1);
	smtp_session_start(c->s);
	client_link_settle(c);
}

void
client_link_end_all(struct client_loop *l, bool now)
{
	struct client_link *c, *next;

	l->draining = true;
	for (c = LIST_FIRST(&l->links); c; c = next) {
		next = LIST_NEXT(c, link);
		smtp_session_end(c->s, now);
		client_link_settle(c);
	}
}
