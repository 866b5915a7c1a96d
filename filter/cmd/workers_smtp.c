/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/workers_smtp.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/tls_files.h"
#include "cmd/worker_core.h"
#include "front/smtp/smtp_front.h"
#include "io/privileges.h"
#include "io/worker_control.h"
#include "policy/list.h"
#include "util/limits.h"
#include "util/log.h"

struct smtp_worker {
	struct worker_core core;
	struct smtp_front *front;
};

/* Lives in the assembly's arena. */
struct smtp_lists {
	const struct list *own_nets, *own_domains;
	struct cidr *nets[SMTP_LIST_BARE_NEWLINE + 1];
	size_t n_nets[SMTP_LIST_BARE_NEWLINE + 1];
};

/* ---- who is who ---- */

static bool
listed(void *ctx, enum smtp_list which, const struct ip *ip)
{
	const struct smtp_lists *s = ctx;

	if (which == SMTP_LIST_OWN_NETS)
		return list_has_ip(s->own_nets, ip);
	for (size_t i = 0; i < s->n_nets[which]; i++)
		if (cidr_has(&s->nets[which][i], ip))
			return true;
	return false;
}

static bool
own_domain(void *ctx, struct view domain)
{
	const struct smtp_lists *s = ctx;

	return list_has_text(s->own_domains, domain) == LIST_YES;
}

static void
take_nets(struct smtp_lists *s, enum smtp_list which, const struct conf_set *set, struct arena *a)
{
	bool host_bits;

	s->nets[which] = arena_array(a, set->n + 1, sizeof(*s->nets[which]));
	for (size_t i = 0; i < set->n; i++)
		s->n_nets[which] += cidr_parse(set->item[i], &s->nets[which][s->n_nets[which]], &host_bits);
}

static struct smtp_lists *
take_lists(const struct assembly *a)
{
	const struct conf *c = a->conf;
	struct smtp_lists *s = arena_array(a->arena, 1, sizeof(*s));

	s->own_nets = a->program->own_nets;
	s->own_domains = a->program->own_domains;
	take_nets(s, SMTP_LIST_PROXY, &c->proxy_protocol_nets, a->arena);
	take_nets(s, SMTP_LIST_XCLIENT, &c->xclient_nets, a->arena);
	take_nets(s, SMTP_LIST_BARE_NEWLINE, &c->bare_newline_nets, a->arena);
	return s;
}

/* ---- settings ---- */

static const struct conf_listener *
listener_of(const struct conf *c, const char *name)
{
	const struct conf_listener *l = c->listeners;

	while (l && strcmp(l->name, name) != 0)
		l = l->next;
	return l;
}

static struct smtp_options
smtp_options(const struct conf *c, const struct conf_listener *l)
{
	return (struct smtp_options){
		.hostname = view_str(c->hostname),
		.quarantine_address = view_str(c->quarantine_address),
		.auth = l->protocol != CONF_SMTP,
		.submission = l->protocol != CONF_SMTP,
		.refuse_bare_newline = c->bare_newline == 1,
		.line_max = c->smtp_line_max,
		.recipients_max = c->smtp_recipients_max,
		.messages_max = c->smtp_messages_max,
		.errors_max = c->smtp_errors_max,
		.message_max = c->message_size_max,
		.session_ms = (int64_t)c->smtp_session_time,
		.idle_ms = (int64_t)c->smtp_idle_time,
		.data_idle_ms = (int64_t)c->smtp_data_idle_time,
		.greet_wait_ms = l->protocol == CONF_SMTP ? (int64_t)c->smtp_greet_wait : 0,
		.proxy_wait_ms = PROXY_HEADER_WAIT_MS,
		.error_delay_ms = (int64_t)c->smtp_error_delay,
	};
}

_Static_assert((int)CONF_BACKEND_TLS_VERIFIED == (int)RELAY_TLS_VERIFIED &&
	(int)CONF_BACKEND_IDENTITY_TRANSPARENT == (int)RELAY_IDENTITY_TRANSPARENT, "the same order");

static size_t
backend_settings(const struct conf *c, struct view ca, struct arena *a, struct backend_settings **out)
{
	static const enum listener_family families[] = {[CONF_UNIX] = LISTENER_UNIX,
		[CONF_INET] = LISTENER_INET, [CONF_INET6] = LISTENER_INET6};
	struct backend_settings *s = *out = arena_array(a, RELAY_BACKENDS_MAX, sizeof(*s));
	size_t n = 0;

	for (const struct conf_backend *b = c->backends; b && n < RELAY_BACKENDS_MAX; b = b->next, n++) {
		s[n] = (struct backend_settings){.name = b->name, .host = b->host,
			.at = {.family = families[b->family], .ip = b->ip, .port = b->port},
			.terms = {(enum relay_tls)b->tls, (enum relay_identity)b->identity},
			.relaying = b->relaying,
			.domains = b->domains.item, .n_domains = b->domains.n, .ca = ca,
			.tls_min = (enum tls_version)c->tls_min_version};
		if (b->path)
			snprintf(s[n].at.path, sizeof(s[n].at.path), "%s", b->path);
	}
	return n;
}

/* One client's, of all messages under way: a message must fit. */
static uint64_t
spool_share(const struct conf *c)
{
	uint64_t one = c->message_size_max + SPOOL_SLACK, share = c->spool_max / SPOOL_CLIENTS;

	return share > one ? share : one;
}

struct smtp_front *
workers_smtp_open(struct assembly *a, const struct worker_start *start, struct buf *why)
{
	const struct conf *c = a->conf;
	struct smtp_lists *lists = take_lists(a);
	const struct conf_listener *l = listener_of(c, start->listener);
	const struct tls_files *tls = start->arg;
	struct backend_settings *backends;
	struct smtp_front_options o = {
		.smtp = smtp_options(c, l),
		.engine = a->engine,
		.dns = a->dns,
		.name = start->listener,
		.listen_fd = start->listen_fd,
		.chains = tls->pem,
		.n_chains = tls->n,
		.ca = tls->ca,
		.tls_min = (enum tls_version)(
			l->protocol == CONF_SMTP ? c->tls_mx_min_version : c->tls_min_version),
		.implicit_tls = l->protocol == CONF_SUBMISSIONS,
		.judges_connect = a->program->at_stage[STAGE_CONNECT],
		.off = start->off,
		.again = start->again,
		.spool = {.folder = c->spool_dir, .memory = c->spool_memory, .memory_all = c->message_memory,
			.max = c->message_size_max + SPOOL_SLACK, .max_all = c->spool_max,
			.max_owner = spool_share(c)},
		.limits = {(unsigned)c->smtp_sessions_max, (unsigned)c->smtp_client_sessions_max,
			(unsigned)c->smtp_network_sessions_max},
		.loops = (unsigned)c->smtp_loops,
		.threads = (unsigned)c->smtp_threads,
		.queue = c->smtp_queue,
		.listed = listed,
		.own_domain = own_domain,
		.ctx = lists,
	};

	o.n_backends = backend_settings(c, tls->ca, a->arena, &backends);
	o.backends = backends;
	o.backend_ms = (int64_t)c->backend_wait;
	if (start->any_source && !privileges_any_source()) {
		buf_str(why, "a backend with 'identity transparent' needs the capability CAP_NET_RAW, which "
			"the daemon has not: start it as root, with CAP_NET_RAW in CapabilityBoundingSet");
		return NULL;
	}
	return smtp_front_open(&o, why);
}

/* ---- the process ---- */

static void
on_drain(void *ctx)
{
	smtp_front_drain(((struct smtp_worker *)ctx)->front);
}

static void
on_end(void *ctx)
{
	smtp_front_end(((struct smtp_worker *)ctx)->front);
}

static void
on_off(void *ctx, bool off)
{
	smtp_front_set_off(((struct smtp_worker *)ctx)->front, off);
}

static void
on_status(void *ctx, struct buf *out)
{
	const struct smtp_worker *w = ctx;

	smtp_front_status(w->front, out);
	worker_core_status(&w->core, out);
}

static int
serve(struct smtp_worker *w, const struct worker_start *start)
{
	const struct worker_callbacks callbacks = {on_drain, on_end, on_off, on_status, w};
	struct worker_control *control = worker_control_start(start->control_fd, &callbacks);

	if (!control)
		return worker_core_fail(start, "no thread for the control socket");
	if (!worker_control_ready(control))
		return EX_OK;
	log_info("serving", "generation=%u listener=%s rules=%zu", start->generation, start->listener,
		w->core.a.program->n_rules);
	smtp_front_serve(w->front);
	return EX_OK;
}

int
workers_smtp(const struct worker_start *start)
{
	struct smtp_worker w = {.front = NULL};
	int status = worker_core_open(&w.core, start);
	struct buf why;

	if (status != EX_OK)
		return status;
	buf_init(&why, WORKER_STATUS_MAX);
	w.front = workers_smtp_open(&w.core.a, start, &why);
	tls_files_wipe((struct tls_files *)(uintptr_t)start->arg); /* this process has its own */
	if (w.front)
		status = serve(&w, start);
	else
		worker_control_say(start->control_fd, "failed", buf_view(&why));
	/* What the last threads still touch goes with the process. */
	_exit(w.front ? status : EX_CONFIG);
}
