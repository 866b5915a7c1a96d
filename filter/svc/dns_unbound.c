/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_unbound.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include "svc/dns/dns_packet.h"
#include "util/log.h"
#include "util/map.h"

/*
 * libunbound works in a thread of its own and says through ub_fd that answers are ready; our event
 * thread then runs its callbacks (ub_process). Callback and cancel can meet: whoever takes the
 * query out of the map owns it. Handles are numbers that never come again, so cancelling what has
 * just been answered is harmless. Order of locks: ours, then libunbound's; it holds none when it
 * calls back.
 */

struct query {
	struct unbound *unbound;
	uint64_t number;
	int id; /* libunbound's */
	dns_done *done;
	void *ctx;
};

struct unbound {
	struct dns_backend backend; /* first: an unbound is one */
	struct ub_ctx *ub;
	pthread_mutex_t lock;
	struct map *queries; /* by number */
	uint64_t last;
	pthread_t thread;
	int end_fd; /* readable: the thread is to end */
	bool validates;
	char mode[200];
};

/* Zones that unblock-lan-zones does not open. */
static const char *const built_in[] = {"localhost.", "127.in-addr.arpa.",
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", "home.arpa.",
	"onion.", "test.", "invalid."};

/* libunbound's own defaults are for a client that asks one thing at a time. */
static const struct {
	const char *name, *value;
} tuning[] = {
	{"outgoing-range:", "256"}, /* sockets; the rest waits its turn */
	{"outgoing-num-tcp:", "32"},
	{"num-queries-per-thread:", "4096"},
	{"msg-cache-size:", "16m"},
	{"rrset-cache-size:", "32m"},
};

static struct view
number_view(const uint64_t *number)
{
	return view_of(number, sizeof(*number));
}

/* ---- asking ---- */

static void
on_result(void *arg, int err, struct ub_result *r)
{
	struct query *q = arg;
	struct unbound *u = q->unbound;
	struct view packet = {NULL, 0};
	const char *why = NULL;
	bool bogus = r && r->bogus; /* before any data: RFC 4035 5.5 */

	pthread_mutex_lock(&u->lock);
	map_remove(u->queries, number_view(&q->number));
	pthread_mutex_unlock(&u->lock);
	if (err || !r)
		why = ub_strerror(err);
	else if (bogus)
		why = "bogus";
	else if (r->rcode != 0 && !r->nxdomain)
		why = dns_packet_rcode(r->rcode);
	else if (!r->answer_packet || r->answer_len <= 0)
		why = "no answer";
	else
		packet = view_of(r->answer_packet, (size_t)r->answer_len);
	q->done(q->ctx, packet, bogus, why);
	ub_resolve_free(r);
	free(q);
}

static void
unbound_ask(struct dns_backend *b, const char *name, enum dns_type type, dns_done *done, void *ctx,
	void **handle_out)
{
	struct unbound *u = (struct unbound *)b;
	struct query *q = malloc(sizeof(*q));
	int err;

	if (!q)
		log_die("out of memory");
	pthread_mutex_lock(&u->lock); /* until the id is there */
	*q = (struct query){u, ++u->last, 0, done, ctx};
	*handle_out = (void *)(uintptr_t)q->number;
	map_put(u->queries, number_view(&q->number), q);
	err = ub_resolve_async(u->ub, name, (int)type, 1, q, on_result, &q->id);
	if (err)
		map_remove(u->queries, number_view(&q->number));
	pthread_mutex_unlock(&u->lock);
	if (err) {
		done(ctx, view_of(NULL, 0), false, ub_strerror(err));
		free(q);
	}
}

static bool
unbound_cancel(struct dns_backend *b, void *handle)
{
	struct unbound *u = (struct unbound *)b;
	uint64_t number = (uint64_t)(uintptr_t)handle;
	struct query *q;
	bool gone;

	pthread_mutex_lock(&u->lock);
	q = map_get(u->queries, number_view(&number));
	gone = q && ub_cancel(u->ub, q->id) == 0;
	if (gone)
		map_remove(u->queries, number_view(&number));
	pthread_mutex_unlock(&u->lock);
	if (gone)
		free(q);
	return gone;
}

static void *
run(void *arg)
{
	struct unbound *u = arg;
	struct pollfd fds[] = {{ub_fd(u->ub), POLLIN, 0}, {u->end_fd, POLLIN, 0}};

	while (!(fds[1].revents & POLLIN)) {
		if (poll(fds, 2, -1) > 0 && fds[0].revents)
			ub_process(u->ub);
	}
	return NULL;
}

static void
drop(struct unbound *u)
{
	struct view key;
	void *q;

	if (u->ub)
		ub_ctx_delete(u->ub);
	for (size_t at = 0; map_next(u->queries, &at, &key, &q);)
		free(q);
	map_free(u->queries);
	if (u->end_fd >= 0)
		close(u->end_fd);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

static void
unbound_free(struct dns_backend *b)
{
	struct unbound *u = (struct unbound *)b;

	eventfd_write(u->end_fd, 1);
	pthread_join(u->thread, NULL);
	drop(u);
}

/* ---- making ---- */

static bool
bad(char *why, size_t n, const char *what, const char *text)
{
	snprintf(why, n, "%s: %s", what, text);
	return false;
}

/* "192.0.2.1", "fe80::1%eth0" or either with "@53". */
static bool
server_ip(struct view text, struct ip *out)
{
	struct view port;
	uint64_t number;
	size_t at = view_find(text, '@');

	if (at < text.n) {
		port = view_skip(text, at + 1);
		text = view_head(text, at);
		if (!view_number(port, 65535, &number) || number == 0)
			return false;
	}
	return ip_parse(view_head(text, view_find(text, '%')), out);
}

static bool
add_server(struct unbound *u, const char *text, char *why, size_t n)
{
	size_t used = strlen(u->mode);
	struct ip ip;
	int err;

	if (!server_ip(view_str(text), &ip))
		return bad(why, n, text, "not an address of a DNS server");
	err = ub_ctx_set_fwd(u->ub, text);
	if (!err && ip_is_loopback(&ip))
		err = ub_ctx_set_option(u->ub, "do-not-query-localhost:", "no");
	if (err)
		return bad(why, n, text, ub_strerror(err));
	snprintf(u->mode + used, sizeof(u->mode) - used, " %s", text);
	return true;
}

/* The next "nameserver" of resolv.conf(5), as a string. */
static bool
next_nameserver(FILE *f, char *out, size_t size)
{
	char line[300];

	while (fgets(line, sizeof(line), f)) {
		struct view rest = view_trim(view_str(line));

		if (!view_starts_nocase(rest, "nameserver") || rest.n < 11 ||
			!view_is_space(rest.p[10]))
			continue;
		rest = view_trim(view_skip(rest, 10));
		for (size_t i = 0; i < rest.n; i++)
			if (view_is_space(rest.p[i]))
				rest.n = i;
		snprintf(out, size, "%.*s", VIEW_ARG(rest));
		return true;
	}
	return false;
}

/* True if there is a name server and all are our own: loopback or private. */
static bool
own_servers(FILE *f)
{
	char text[100];
	bool any = false;
	struct ip ip;

	for (; next_nameserver(f, text, sizeof(text)); any = true)
		if (!server_ip(view_str(text), &ip) || !ip_is_private(&ip))
			return false;
	return any;
}

static bool
choose_servers(struct unbound *u, const struct dns_unbound_options *o, char *why, size_t n)
{
	char text[100];
	bool ok = true;
	FILE *f;

	snprintf(u->mode, sizeof(u->mode), "%s", o->server_count ? "servers" : "own recursion");
	for (size_t i = 0; i < o->server_count; i++)
		if (!add_server(u, o->servers[i], why, n))
			return false;
	if (o->server_count)
		return true;
	f = fopen(o->resolv_conf ? o->resolv_conf : "/etc/resolv.conf", "re");
	if (!f)
		return true;
	if (own_servers(f)) {
		rewind(f);
		snprintf(u->mode, sizeof(u->mode), "resolv.conf");
		while (ok && next_nameserver(f, text, sizeof(text)))
			ok = add_server(u, text, why, n);
	}
	fclose(f);
	return ok;
}

static bool
choose_anchor(struct unbound *u, const struct dns_unbound_options *o, char *why, size_t n)
{
	const char *path = o->trust_anchor ? o->trust_anchor : "/usr/share/dns/root.key";
	int err;

	if (o->no_validation || (!o->trust_anchor && access(path, R_OK) != 0))
		return true;
	err = ub_ctx_add_ta_file(u->ub, path);
	u->validates = err == 0;
	return err == 0 || bad(why, n, path, ub_strerror(err));
}

static bool
set(struct unbound *u, const char *name, const char *value, char *why, size_t n)
{
	int err = ub_ctx_set_option(u->ub, name, value);

	return err == 0 || bad(why, n, name, ub_strerror(err));
}

static bool
set_options(struct unbound *u, const struct dns_unbound_options *o, char *why, size_t n)
{
	bool lan = strcmp(u->mode, "own recursion") != 0, ok = true;

	for (size_t i = 0; i < o->local_zone_count; i++)
		lan = lan || strcmp(o->local_zones[i], "all") == 0;
	for (size_t i = 0; ok && i < sizeof(tuning) / sizeof(*tuning); i++)
		ok = set(u, tuning[i].name, tuning[i].value, why, n);
	if (ok && lan)
		ok = set(u, "unblock-lan-zones:", "yes", why, n) &&
		     set(u, "insecure-lan-zones:", "yes", why, n);
	if (ok && o->allow_localhost)
		ok = set(u, "do-not-query-localhost:", "no", why, n);
	return ok;
}

/* Removing a zone also makes libunbound read its files and check its options, so it is the last
 * step; a name that is no zone is none to remove. */
static bool
open_zones(struct unbound *u, const struct dns_unbound_options *o, char *why, size_t n)
{
	int err = ub_ctx_zone_remove(u->ub, "none.invalid.");

	for (size_t i = 0; !err && i < o->local_zone_count; i++) {
		if (strcmp(o->local_zones[i], "all") != 0)
			err = ub_ctx_zone_remove(u->ub, o->local_zones[i]);
		else
			for (size_t j = 0; !err && j < sizeof(built_in) / sizeof(*built_in); j++)
				err = ub_ctx_zone_remove(u->ub, built_in[j]);
	}
	return err == 0 || bad(why, n, "libunbound", ub_strerror(err));
}

/* The process's signals are for its other threads. */
static bool
start(struct unbound *u, char *why, size_t n)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&u->thread, NULL, run, u);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err == 0 || bad(why, n, "cannot start a thread", strerror(err));
}

struct dns_backend *
dns_unbound_new(const struct dns_unbound_options *o, char *why, size_t n)
{
	struct unbound *u = calloc(1, sizeof(*u));
	bool ok;

	if (!u)
		log_die("out of memory");
	u->backend = (struct dns_backend){unbound_ask, unbound_cancel, unbound_free};
	pthread_mutex_init(&u->lock, NULL);
	u->queries = map_new();
	u->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	u->ub = ub_ctx_create();
	ok = u->ub && u->end_fd >= 0;
	if (!ok)
		bad(why, n, "libunbound", "cannot make a context");
	if (ok)
		ub_ctx_debugout(u->ub, NULL); /* it would write to stderr */
	ok = ok && ub_ctx_async(u->ub, 1) == 0 && choose_servers(u, o, why, n) &&
	     choose_anchor(u, o, why, n) && set_options(u, o, why, n) && open_zones(u, o, why, n) &&
	     start(u, why, n);
	if (ok)
		return &u->backend;
	drop(u);
	return NULL;
}

const char *
dns_unbound_mode(const struct dns_backend *b)
{
	return ((const struct unbound *)b)->mode;
}

bool
dns_unbound_validates(const struct dns_backend *b)
{
	return ((const struct unbound *)b)->validates;
}
