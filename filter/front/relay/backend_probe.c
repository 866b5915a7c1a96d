/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/backend_probe.h"

#include <stdlib.h>

#include "util/clock.h"
#include "util/limits.h"
#include "util/limits_relay.h"
#include "util/log.h"

/* Of one backend. */
struct probe {
	struct backend_probe *all;
	unsigned backend;
	struct loop_timer timer; /* the next time; while its name is looked up, the end of that */
	int64_t since;           /* when the last one began */
	struct dns_session *names;
	struct loop_task answered;
	struct relay_client stranger;
	struct backend_link *link;
	bool asked;           /* once at least */
	enum { HELLO, RELAYING, RESET, AFTER_RESET } doing;
	bool again;           /* suspected meanwhile */
};

struct backend_probe {
	const struct backend_loop *l;
	struct dns *dns;
	void (*asked)(void *ctx), (*gone)(void *ctx);
	void *asked_ctx, *gone_ctx;
	struct loop_task suspicion;
	bool stopped;
	size_t links; /* that are not gone */
	size_t n, n_asked;
	struct probe one[RELAY_BACKENDS_MAX];
};

/* ---- the end of one ---- */

static void
finish(struct probe *o, bool well)
{
	struct backend_probe *p = o->all;
	bool first = !o->asked;

	well &= !backends_is_in_doubt(p->l->backends, o->backend);
	loop_timer_set(&o->timer, o->again ? BACKEND_PROBE_SOON_MS
				  : well   ? BACKEND_PROBE_MS
					   : BACKEND_PROBE_ILL_MS);
	o->asked = true;
	o->again = false;
	if (first && ++p->n_asked == p->n && p->asked)
		p->asked(p->asked_ctx);
}

static void
fail(struct probe *o, const char *why)
{
	backends_is_ill(o->all->l->backends, o->backend, why);
	finish(o, false);
}

static void
leave(struct probe *o, bool well)
{
	struct backend_link *k = o->link;

	o->link = NULL;
	backend_link_free(k);
	finish(o, well);
}

/* Would it pass on what a stranger sends to nobody's domain? */
static void
try_relaying(struct probe *o)
{
	static const struct smtp_command mail = {.verb = VERB_MAIL,
						 .mailbox = {"", 0},
						 .params = {"", 0}},
					 rcpt = {.verb = VERB_RCPT,
						 .mailbox = {"postern@relay-test.invalid", 26},
						 .params = {"", 0}};
	static const struct relay_order order = {.verb = RELAY_RCPT, .mail = &mail, .rcpt = &rcpt};

	o->doing = RELAYING;
	backend_link_order(o->link, &order, NULL);
}

/* Takes it all back: nothing is ever sent there, and the backend sees an orderly end. */
static void
reset(struct probe *o)
{
	static const struct relay_order order = {.verb = RELAY_RESET};

	o->doing = RESET;
	backend_link_order(o->link, &order, NULL);
}

/* RESET is answered at once: this one when the backend has answered it. */
static void
await_reset(struct probe *o)
{
	static const struct relay_order order = {.verb = RELAY_HELLO};

	o->doing = AFTER_RESET;
	backend_link_order(o->link, &order, NULL);
}

static void
hears_hello(struct probe *o, bool good)
{
	struct backends *b = o->all->l->backends;
	const struct ehlo *can = good ? backend_link_capabilities(o->link) : NULL;

	if (can)
		backends_is_well(b, o->backend, can);
	else
		backends_is_ill(b, o->backend, backend_link_why(o->link));
	if (can && backends_is_in_doubt(b, o->backend))
		try_relaying(o);
	else
		leave(o, can != NULL);
}

static enum backend_relays
meaning(const struct relay_answer *a)
{
	if (a->source != RELAY_BY_BACKEND)
		return BACKEND_UNCLEAR;
	if (a->reply.code / 100 == 2)
		return BACKEND_OPEN;
	/* Postfix with defer_unauth_destination, its default */
	if (a->reply.code == 454 && view_is(a->reply.enhanced, "4.7.1"))
		return BACKEND_CLOSED;
	return a->reply.code / 100 == 5 ? BACKEND_CLOSED : BACKEND_UNCLEAR;
}

static void
hears_rcpt(struct probe *o, const struct relay_answer *a)
{
	backends_relays(o->all->l->backends, o->backend, meaning(a));
	if (backend_link_capabilities(o->link))
		reset(o);
	else
		leave(o, true); /* it has hung up */
}

static void
link_answer(void *ctx, const struct relay_answer *a)
{
	struct probe *o = ctx;

	switch (o->doing) {
	case HELLO:
		hears_hello(o, a->reply.code / 100 == 2);
		return;
	case RELAYING:
		hears_rcpt(o, a);
		return;
	case RESET:
		await_reset(o);
		return;
	case AFTER_RESET:
		leave(o, true);
	}
}

static void
link_gone(void *ctx)
{
	struct backend_probe *p = ((struct probe *)ctx)->all;
	void (*gone)(void *ctx) = p->gone;
	void *gone_ctx = p->gone_ctx;

	if (--p->links > 0 || !p->stopped)
		return;
	free(p);
	if (gone)
		gone(gone_ctx);
}

/* ---- the way there ---- */

static void
greet(struct probe *o)
{
	static const struct relay_order hello = {.verb = RELAY_HELLO};
	struct listener_address to[BACKEND_ADDRESSES];
	size_t n = backends_addresses(o->all->l->backends, o->backend, to);
	bool v6 = n > 0 && to[0].family == LISTENER_INET6;
	struct backend_link_options options = {
		&o->stranger, 1u << o->backend, link_answer, link_gone, o};

	o->stranger = (struct relay_client){.port = 40000,
		.local_port = 25,
		.esmtp = true,
		.helo = v6 ? VIEW("[IPv6:2001:db8::1]") : VIEW("[192.0.2.1]")};
	ip_parse(v6 ? VIEW("2001:db8::1") : VIEW("192.0.2.1"), &o->stranger.ip);
	ip_parse(v6 ? VIEW("2001:db8::2") : VIEW("192.0.2.2"), &o->stranger.local_ip);
	o->all->links++;
	o->doing = HELLO;
	o->link = backend_link_new(o->all->l, &options);
	backend_link_order(o->link, &hello, NULL);
}

static void
forget_names(struct probe *o)
{
	if (o->names)
		dns_session_free(o->names);
	o->names = NULL;
	loop_cancel(o->all->l->loop, &o->answered);
	loop_timer_cancel(&o->timer);
}

static size_t
collect(const struct dns_answer *a, struct ip *out, size_t n)
{
	for (size_t i = 0; a->status == DNS_FOUND && i < a->n && n < BACKEND_ADDRESSES; i++)
		out[n++] = a->rr[i].ip;
	return n;
}

/* As far as the answers are there. Addresses that were known stay when the look-up fails for now.
 */
static void
look_up(struct probe *o)
{
	struct backends *b = o->all->l->backends;
	struct view name = view_str(backends_settings(b, o->backend)->host);
	const struct dns_answer *a = dns_ask(o->names, name, DNS_A),
				*aaaa = dns_ask(o->names, name, DNS_AAAA);
	struct listener_address old[BACKEND_ADDRESSES];
	struct ip ip[BACKEND_ADDRESSES];
	bool unsure;
	int64_t due;
	size_t n;

	if (!a || !aaaa) {
		dns_poll(o->names, &due);
		if (due != INT64_MAX)
			loop_timer_at(&o->timer, due);
		return;
	}
	n = collect(aaaa, ip, collect(a, ip, 0));
	unsure = a->status == DNS_TEMPFAIL || aaaa->status == DNS_TEMPFAIL;
	forget_names(o);
	if (n > 0 || !unsure)
		backends_found(b, o->backend, ip, n);
	if (backends_addresses(b, o->backend, old) == 0)
		fail(o, unsure ? "the look-up of its name failed" : "its name has no address");
	else
		greet(o);
}

static void
name_answered(void *ctx)
{
	struct probe *o = ctx;

	look_up(o);
}

/* From any thread. */
static void
wake_names(void *ctx)
{
	struct probe *o = ctx;

	loop_post(o->all->l->loop, &o->answered);
}

static void
due(void *ctx)
{
	struct probe *o = ctx;
	struct backend_probe *p = o->all;

	if (o->names) {
		look_up(o);
		return;
	}
	if (o->link)
		return;
	o->since = clock_mono_ms();
	backends_take_suspicion(p->l->backends, o->backend);
	if (!backends_settings(p->l->backends, o->backend)->host) {
		greet(o);
	} else if (!p->dns) {
		fail(o, "names are not looked up here");
	} else {
		o->names = dns_session_new(p->dns);
		dns_session_wake(o->names, wake_names, o);
		look_up(o);
	}
}

/* ---- suspicion ---- */

static void
suspected(void *ctx)
{
	struct backend_probe *p = ctx;

	for (unsigned i = 0; i < p->n; i++) {
		struct probe *o = &p->one[i];

		if (!backends_take_suspicion(p->l->backends, i))
			continue;
		if (o->link || o->names)
			o->again = true;
		else
			loop_timer_at(&o->timer, o->since + BACKEND_PROBE_SOON_MS);
	}
}

/* From any thread. */
static void
wake_suspicion(void *ctx)
{
	struct backend_probe *p = ctx;

	loop_post(p->l->loop, &p->suspicion);
}

struct backend_probe *
backend_probe_start(
	const struct backend_loop *l, struct dns *dns, void (*asked)(void *ctx), void *ctx)
{
	struct backend_probe *p = calloc(1, sizeof(*p));

	if (!p)
		log_die("out of memory");
	p->l = l;
	p->dns = dns;
	p->asked = asked;
	p->asked_ctx = ctx;
	p->n = backends_count(l->backends);
	loop_task_init(&p->suspicion, suspected, p);
	for (unsigned i = 0; i < p->n; i++) {
		struct probe *o = &p->one[i];

		o->all = p;
		o->backend = i;
		loop_task_init(&o->answered, name_answered, o);
		loop_timer_init(&o->timer, l->loop, due, o);
		loop_timer_set(&o->timer, 0);
	}
	backends_on_suspicion(l->backends, wake_suspicion, p);
	return p;
}

void
backend_probe_stop(struct backend_probe *p, void (*gone)(void *ctx), void *ctx)
{
	backends_on_suspicion(p->l->backends, NULL, NULL);
	loop_cancel(p->l->loop, &p->suspicion);
	p->gone = gone;
	p->gone_ctx = ctx;
	p->stopped = true;
	p->links++; /* not before the last one */
	for (unsigned i = 0; i < p->n; i++) {
		forget_names(&p->one[i]);
		backend_link_free(p->one[i].link);
	}
	link_gone(&p->one[0]);
}
