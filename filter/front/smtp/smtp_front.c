/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One loop at a time accepts, until it has more clients than another, which then has the turn.
 *
 * The control thread posts tasks to the loops; each ends when the listener is silent and its last client has
 * gone. The prober of the backends lives on the first loop.
 */
#include "front/smtp/smtp_front.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#include "engine/light.h"
#include "front/relay/backend_probe.h"
#include "io/acceptor.h"
#include "util/log.h"

enum { LOOPS_MAX = 64, MORE_CLIENTS = 4, DESCRIPTORS_EACH = 3, DESCRIPTORS_BESIDE = 300 };

struct lane {
	struct smtp_front *f;
	struct client_loop clients;
	struct acceptor *acceptor;
	struct loop_task begin, drain, end, turn;
	bool stopping, has_turn;
};

struct smtp_front {
	struct client_site site;
	struct backends *backends;
	struct backend_probe *probe;
	struct lane *lane;
	unsigned n;
	int listen_fd;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	bool is_asked;
};

/* ---- the end of a lane ---- */

static void
stop_loop(void *ctx)
{
	struct lane *l = ctx;

	loop_stop(l->clients.backend.loop);
}

static void
stop(struct lane *l)
{
	if (l->stopping)
		return;
	l->stopping = true;
	if (l == l->f->lane && l->f->probe)
		backend_probe_stop(l->f->probe, stop_loop, l);
	else
		stop_loop(l);
}

static void
on_idle(struct client_loop *clients)
{
	struct lane *l = (struct lane *)((char *)clients - offsetof(struct lane, clients));

	if (clients->draining)
		stop(l);
}

static void
leave(struct lane *l, bool now)
{
	acceptor_stop(l->acceptor);
	l->acceptor = NULL;
	client_link_end_all(&l->clients, now);
	if (LIST_EMPTY(&l->clients.links))
		stop(l);
}

static void
on_drain(void *ctx)
{
	leave(ctx, false);
}

static void
on_end(void *ctx)
{
	leave(ctx, true);
}

/* ---- start ---- */

static struct lane *
emptiest(struct smtp_front *f)
{
	struct lane *least = f->lane;

	for (unsigned i = 1; i < f->n; i++)
		if (atomic_load(&f->lane[i].clients.n) < atomic_load(&least->clients.n))
			least = &f->lane[i];
	return least;
}

static void
accepted(void *ctx, int fd, const struct listener_address *peer)
{
	struct lane *l = ctx, *next;

	client_link_accept(&l->clients, fd, peer);
	next = emptiest(l->f);
	if (!l->acceptor || atomic_load(&l->clients.n) < atomic_load(&next->clients.n) + MORE_CLIENTS)
		return;
	l->has_turn = false;
	acceptor_rest(l->acceptor);
	loop_post(next->clients.backend.loop, &next->turn);
}

static void
on_turn(void *ctx)
{
	struct lane *l = ctx;

	l->has_turn = true;
	if (l->acceptor)
		acceptor_go_on(l->acceptor);
}

static void
on_begin(void *ctx)
{
	struct lane *l = ctx;
	const struct acceptor_options o = {.loop = l->clients.backend.loop, .fd = l->f->listen_fd,
		.rests = !l->has_turn,
		.busy = VIEW("421 4.3.2 too many connections, please try again later\r\n"),
		.accepted = accepted, .ctx = l};

	if (l->stopping)
		return;
	l->acceptor = acceptor_start(&o);
	if (!l->acceptor)
		log_die("cannot accept: %s", strerrordesc_np(errno));
}

static void
on_asked(void *ctx)
{
	struct smtp_front *f = ctx;

	pthread_mutex_lock(&f->lock);
	f->is_asked = true;
	pthread_cond_signal(&f->asked);
	pthread_mutex_unlock(&f->lock);
}

static bool
open_lane(struct smtp_front *f, struct lane *l, const struct smtp_front_options *o)
{
	l->f = f;
	l->clients.site = &f->site;
	l->clients.idle = on_idle;
	l->clients.backend = (struct backend_loop){.loop = loop_new(), .pool = f->site.pool,
		.backends = f->backends, .hostname = o->smtp.hostname, .wait_ms = o->backend_ms};
	if (!l->clients.backend.loop)
		return false;
	backend_loop_init(&l->clients.backend);
	client_link_prepare(&l->clients);
	loop_task_init(&l->begin, on_begin, l);
	loop_task_init(&l->drain, on_drain, l);
	loop_task_init(&l->end, on_end, l);
	loop_task_init(&l->turn, on_turn, l);
	return true;
}

static bool
open_tls(struct smtp_front *f, const struct smtp_front_options *o, struct buf *why)
{
	const struct tls_server_options t = {.pem = o->chains, .n_pem = o->n_chains, .min = o->tls_min,
		.ask_certificate = true, .ca = o->ca};

	if (o->n_chains == 0)
		return true;
	buf_str(why, "TLS: ");
	f->site.tls = tls_server_new(&t, why);
	if (f->site.tls)
		buf_reset(why);
	f->site.smtp.starttls = f->site.tls && !o->implicit_tls;
	return f->site.tls != NULL;
}

static bool
open_parts(struct smtp_front *f, const struct smtp_front_options *o, struct buf *why)
{
	struct client_site *s = &f->site;
	struct admission_limits limits = o->limits;

	limits.all = admission_fit(limits.all, DESCRIPTORS_EACH, DESCRIPTORS_BESIDE);
	if (limits.all < o->limits.all)
		log_warn("descriptors", "listener=%s room for %u sessions, not %u: raise LimitNOFILE",
			o->name, limits.all, o->limits.all);
	s->admission = admission_new(&limits);
	s->pool = pool_new(o->threads, o->queue);
	s->spools = spool_area_open(&o->spool);
	if (!s->pool || !s->spools) {
		buf_printf(why, "%s: %s", s->pool ? "no file can be made in spool-dir" : "no threads",
			strerrordesc_np(errno));
		return false;
	}
	f->backends = backends_new(o->backends, o->n_backends, why);
	if (f->backends && !o->smtp.submission)
		backends_guard(f->backends);
	return f->backends && open_tls(f, o, why);
}

static bool
open_lanes(struct smtp_front *f, const struct smtp_front_options *o, struct buf *why)
{
	f->n = o->loops ? o->loops : (unsigned)get_nprocs();
	f->n = f->n < LOOPS_MAX ? f->n : LOOPS_MAX;
	f->lane = calloc(f->n, sizeof(*f->lane));
	if (!f->lane)
		log_die("out of memory");
	for (unsigned i = 0; i < f->n; i++)
		if (!open_lane(f, &f->lane[i], o)) {
			buf_printf(why, "no event loop: %s", strerrordesc_np(errno));
			return false;
		}
	f->lane->has_turn = true;
	f->probe = backend_probe_start(&f->lane[0].clients.backend, o->dns, on_asked, f);
	return true;
}

static void
wait_for_answers(struct smtp_front *f, int seconds)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += seconds;
	pthread_mutex_lock(&f->lock);
	while (!f->is_asked && pthread_cond_timedwait(&f->asked, &f->lock, &t) == 0)
		;
	pthread_mutex_unlock(&f->lock);
}

/* Until each backend has been asked once: the first clients are to hear what they can do. Longer for one that
 * is slow to refuse a stranger, as many are on purpose: until then it would not be used. */
static void
wait_for_backends(struct smtp_front *f)
{
	enum { ASKED_SECONDS = 10, REFUSAL_SECONDS = 30 };

	wait_for_answers(f, ASKED_SECONDS);
	if (backends_in_question(f->backends))
		wait_for_answers(f, REFUSAL_SECONDS);
}

/* The relay guard would be all that stands between strangers and an open relay. */
static bool
is_closed(struct smtp_front *f, struct buf *why)
{
	int open = backends_open(f->backends);

	if (open >= 0)
		backends_open_why(f->backends, (unsigned)open, why);
	return open < 0;
}

struct smtp_front *
smtp_front_open(const struct smtp_front_options *o, struct buf *why)
{
	struct smtp_front *f = calloc(1, sizeof(*f));
	pthread_condattr_t monotonic;

	if (!f)
		log_die("out of memory");
	f->site = (struct client_site){.smtp = o->smtp, .engine = o->engine, .listener = view_str(o->name),
		.implicit_tls = o->implicit_tls, .judges_connect = o->judges_connect,
		.judges_helo = !light_until_mail(o->engine), .listed = o->listed,
		.own_domain = o->own_domain, .ctx = o->ctx, .off = o->off};
	f->listen_fd = o->listen_fd;
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&f->asked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (!open_parts(f, o, why) || !open_lanes(f, o, why))
		return NULL; /* the process ends */
	for (unsigned i = 0; i < f->n; i++)
		if (loop_start(f->lane[i].clients.backend.loop) != 0) {
			buf_printf(why, "no thread for an event loop: %s", strerrordesc_np(errno));
			return NULL;
		}
	wait_for_backends(f);
	return o->again || is_closed(f, why) ? f : NULL;
}

/* ---- while it works ---- */

void
smtp_front_serve(struct smtp_front *f)
{
	for (unsigned i = 0; i < f->n; i++)
		loop_post(f->lane[i].clients.backend.loop, &f->lane[i].begin);
	for (unsigned i = 0; i < f->n; i++)
		loop_join(f->lane[i].clients.backend.loop);
}

void
smtp_front_drain(struct smtp_front *f)
{
	for (unsigned i = 0; i < f->n; i++)
		loop_post(f->lane[i].clients.backend.loop, &f->lane[i].drain);
}

void
smtp_front_end(struct smtp_front *f)
{
	for (unsigned i = 0; i < f->n; i++)
		loop_post(f->lane[i].clients.backend.loop, &f->lane[i].end);
}

void
smtp_front_set_off(struct smtp_front *f, bool off)
{
	atomic_store(&f->site.off, off);
}

void
smtp_front_status(struct smtp_front *f, struct buf *out)
{
	const struct client_site *s = &f->site;
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {
		{"connections", atomic_load(&s->connections)},
		{"open", atomic_load(&s->open)},
		{"refused", atomic_load(&s->refused)},
		{"overloaded", atomic_load(&s->overloaded)},
		{"relayed", atomic_load(&s->relayed)},
		{"messages-taken", atomic_load(&s->told[2])},
		{"messages-put-off", atomic_load(&s->told[4])},
		{"messages-refused", atomic_load(&s->told[5])},
		{"spool-bytes", spool_area_used(s->spools)},
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		buf_printf(out, "%s %llu\n", counts[i].name, (unsigned long long)counts[i].n);
	if (s->tls)
		buf_printf(out, "certificate-days %d\n", tls_days(s->tls));
	for (unsigned i = 0; i < backends_count(f->backends); i++) {
		backends_describe(f->backends, i, out);
		buf_byte(out, '\n');
	}
}
