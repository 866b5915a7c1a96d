/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/client_host.h"

#include "front/smtp/client_work.h"
#include "util/clock.h"
#include "util/log.h"

enum { SHARE_BYTES_4 = 4, SHARE_BYTES_6 = 8 }; /* of an address: a /64 is what one host is given */

static void
host_send(void *ctx, struct view bytes)
{
	struct client_link *c = ctx;

	if (c->stream)
		stream_send(c->stream, bytes);
}

static void
host_close(void *ctx)
{
	struct client_link *c = ctx;

	if (c->stream)
		stream_close(c->stream);
	c->stream = NULL;
	loop_post(c->l->backend.loop, &c->wake); /* to look after it, if nothing else will */
}

static void
host_timer(void *ctx, int64_t at)
{
	struct client_link *c = ctx;

	if (at == INT64_MAX)
		loop_timer_cancel(&c->timer);
	else
		loop_timer_at(&c->timer, at > 0 ? at : 1);
}

static int64_t
host_now(void *ctx)
{
	(void)ctx;
	return clock_mono_ms();
}

static int64_t
host_wall(void *ctx)
{
	(void)ctx;
	return clock_wall();
}

static bool
host_listed(void *ctx, enum smtp_list list, const struct ip *ip)
{
	const struct client_site *site = ((struct client_link *)ctx)->l->site;

	return site->listed(site->ctx, list, ip);
}

static bool
host_own_domain(void *ctx, struct view domain)
{
	const struct client_site *site = ((struct client_link *)ctx)->l->site;

	return site->own_domain(site->ctx, domain);
}

static bool
host_capabilities(void *ctx, struct ehlo *out)
{
	return backends_capabilities(((struct client_link *)ctx)->l->backend.backends, out);
}

static bool
host_can_secure(void *ctx)
{
	return !pool_is_full(((struct client_link *)ctx)->l->site->pool);
}

/* A temporary refusal of ours. */
static void
put_off(struct client_link *c, int code, struct view enhanced, const char *text)
{
	c->refusal = (struct verdict){VERDICT_DEFER, {code, enhanced, view_str(text)}, {NULL, 0}, 0};
	smtp_session_judged(c->s, &(struct smtp_judged){.verdict = &c->refusal});
}

/* Who it is counts as soon as it is known: load balancers hide many behind one address. */
static enum admission_answer
count_client(struct client_link *c, const struct smtp_client *client)
{
	struct client_site *site = c->l->site;
	bool own = client->ip.family && site->listed(site->ctx, SMTP_LIST_OWN_NETS, &client->ip);
	struct admission_counts n;
	enum admission_answer a;
	char ip[IP_TEXT_MAX];

	if (client->ip.family == 0)
		return ADMISSION_OK;
	a = admission_identify(site->admission, &c->pass, &client->ip, !own, &n);
	c->judge.connections = n.client;
	if (a == ADMISSION_OK)
		return a;
	atomic_fetch_add(&site->refused, 1);
	ip_format(&client->ip, ip);
	log_seldom(LOG_LEVEL_INFO, "connections-refused", "client=%s too many from its %s", ip,
		a == ADMISSION_CLIENT ? "address" : "network");
	return a;
}

/* False: too many. */
static bool
identify(struct client_link *c, const struct smtp_client *client)
{
	enum admission_answer a = count_client(c, client);

	if (a == ADMISSION_OK)
		return true;
	put_off(c, 421, VIEW("4.7.0"), a == ADMISSION_CLIENT ? "too many connections from your address"
							     : "too many connections from your network");
	return false;
}

/* A handshake at once comes before the greeting: who has too many sessions is not to hold more within it, and
 * cannot be told. */
static void
host_start_tls(void *ctx, bool implicit, size_t early)
{
	struct client_link *c = ctx;

	if (!c->stream)
		return;
	if (implicit && count_client(c, smtp_session_client(c->s)) != ADMISSION_OK) {
		smtp_session_gone(c->s, VIEW("it has too many connections"));
		host_close(c);
		return;
	}
	if (implicit)
		stream_take(c->stream, stream_input(c->stream).n - early); /* a PROXY header */
	stream_start_tls(c->stream, c->l->site->tls, NULL, implicit);
}

/* A transaction is judged whole, or passes: the engine must not see the half of one. */
static bool
is_unjudged(struct client_link *c, const struct smtp_event *e)
{
	switch (e->kind) {
	case SMTP_EVENT_CONNECT:
		return !c->l->site->judges_connect && !smtp_judge_is_open(&c->judge);
	case SMTP_EVENT_HELO:
		return !c->l->site->judges_helo && !smtp_judge_is_open(&c->judge);
	case SMTP_EVENT_OVER:
		c->unjudged = false;
		return !smtp_judge_is_open(&c->judge);
	default:
		c->unjudged |= atomic_load(&c->l->site->off);
		return c->unjudged;
	}
}

/* XCLIENT: another client, whom the backend must not take for the one before. */
static void
begin_client(struct client_link *c)
{
	struct backend_link *relay = c->relay;

	c->relay = NULL;
	if (relay)
		backend_link_free(relay);
	spool_free(c->spool);
	c->spool = NULL;
}

static void
overloaded(struct client_link *c)
{
	atomic_fetch_add(&c->l->site->overloaded, 1);
	log_seldom(LOG_LEVEL_WARN, "smtp-queue", "listener=%.*s no thread is free: mail is put off",
		VIEW_ARG(c->l->site->listener));
}

static void
end_message(struct client_link *c, int code)
{
	if (c->spool)
		spool_reset(c->spool);
	if (code > 0 && code / 100 < SMTP_CODE_CLASSES)
		atomic_fetch_add(&c->l->site->told[code / 100], 1);
}

static void
host_judge(void *ctx, const struct smtp_event *e)
{
	struct client_link *c = ctx;

	if (e->kind == SMTP_EVENT_OVER)
		end_message(c, e->code);
	if (e->kind == SMTP_EVENT_CONNECT)
		begin_client(c);
	if (e->kind == SMTP_EVENT_CONNECT && !identify(c, e->client))
		return;
	if (is_unjudged(c, e)) {
		c->judge.judged = (struct smtp_judged){.verdict = NULL, .names = {.unsure = true}};
		smtp_session_judged(c->s, &(struct smtp_judged){.verdict = NULL});
		return;
	}
	if (e->kind == SMTP_EVENT_END && c->judge.ended) { /* with its last bytes */
		smtp_session_judged(c->s, &c->judge.judged);
		return;
	}
	c->event = e;
	if (smtp_judge_is_light(&c->judge, e)) {
		client_work_now(c, CLIENT_JUDGE);
		return;
	}
	if (!client_work_start(c, CLIENT_JUDGE, e->kind == SMTP_EVENT_OVER)) {
		c->event = NULL;
		overloaded(c);
		put_off(c, 451, VIEW("4.3.2"), "too much mail at once, please try again later");
	}
}

/* One host is not to take all the room there is. Hosts of ours have no share of their own. */
static struct view
share(const struct client_link *c)
{
	const struct client_site *site = c->l->site;
	const struct ip *ip = &smtp_session_client(c->s)->ip;

	if (ip->family == 0 || site->listed(site->ctx, SMTP_LIST_OWN_NETS, ip))
		return view_of("", 0);
	return view_of(ip->b, ip->family == 6 ? SHARE_BYTES_6 : SHARE_BYTES_4);
}

static void
host_absorb(void *ctx, struct view bytes, const struct smtp_event *end)
{
	struct client_link *c = ctx;

	if (!c->spool)
		c->spool = spool_new(c->l->site->spools, share(c));
	c->event = NULL;
	c->bytes = bytes;
	c->end = end;
	c->judge.unjudged = c->unjudged;
	c->kept = smtp_judge_absorbs_lightly(&c->judge, end) && spool_put(c->spool, bytes);
	if (c->kept)
		client_work_now(c, CLIENT_ABSORB);
	else
		client_work_start(c, CLIENT_ABSORB, true);
}

/* What became of the message, whatever was decided before. */
static void
log_message(struct client_link *c, const struct relay_answer *a)
{
	struct backends *all = c->l->backend.backends;
	unsigned b = backend_link_backend(c->relay);
	struct log_line line;
	char ip[IP_TEXT_MAX];

	log_begin(&line, LOG_LEVEL_INFO, "relayed");
	log_view(&line, "id", c->judge.judged.id);
	if (c->client.ip.family) {
		ip_format(&c->client.ip, ip);
		log_view(&line, "client", view_str(ip));
	}
	log_view(&line, "backend", view_str(b < backends_count(all) ? backends_settings(all, b)->name : "-"));
	log_number(&line, "code", a->reply.code);
	log_view(&line, "enhanced", a->reply.enhanced);
	log_view(&line, "text", a->reply.text);
	log_view(&line, "by", view_str(a->source == RELAY_BY_PROXY ? "proxy" : "backend"));
	log_end(&line);
	atomic_fetch_add(&c->l->site->relayed, a->reply.code < 300);
}

static void
on_answer(void *ctx, const struct relay_answer *a)
{
	struct client_link *c = ctx;

	if (c->verb == RELAY_MESSAGE) {
		log_message(c, a);
		c->judge.delivered = !c->stream && !c->unjudged && a->reply.code / 100 == 2;
	}
	smtp_session_answered(c->s, a);
	client_link_settle(c);
}

/* What a neighbour told of its names counts more than what DNS told us. */
static void
describe_client(struct client_link *c)
{
	const struct smtp_client *client = smtp_session_client(c->s);
	const struct session_names *dns = &c->judge.judged.names;
	struct view told = client->reverse.p ? client->reverse : client->name;

	c->client = (struct relay_client){.ip = client->ip, .port = client->port,
		.local_ip = client->local_ip, .local_port = client->local_port, .helo = client->helo,
		.esmtp = client->esmtp, .login = client->login,
		.name = client->name.p ? client->name : dns->verified,
		.reverse = told.p ? told : dns->claimed, .names_unsure = dns->unsure};
}

static void
host_relay(void *ctx, const struct relay_order *o)
{
	struct client_link *c = ctx;
	const struct backend_link_options options = {.client = &c->client, .answer = on_answer,
		.gone = client_work_relay_gone, .ctx = c};

	describe_client(c);
	c->verb = o->verb;
	if (!c->relay) {
		c->relay = backend_link_new(&c->l->backend, &options);
		c->relays++;
	}
	backend_link_order(c->relay, o, o->verb == RELAY_MESSAGE ? c->spool : NULL);
}

void
client_host_init(struct client_link *c)
{
	c->host = (struct smtp_host){.ctx = c, .send = host_send, .close = host_close, .timer = host_timer,
		.now = host_now, .wall = host_wall, .listed = host_listed, .own_domain = host_own_domain,
		.capabilities = host_capabilities, .can_secure = host_can_secure,
		.start_tls = host_start_tls, .judge = host_judge, .absorb = host_absorb, .relay = host_relay};
}
