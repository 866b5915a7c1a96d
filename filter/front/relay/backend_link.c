/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/backend_link.h"

#include <stdlib.h>

#include "util/limits.h"
#include "util/limits_relay.h"
#include "util/log.h"

enum { WORDS_MAX = 60 }; /* bytes of a backend's words in a log */

struct backend_link {
	const struct backend_loop *l;
	struct backend_link_options o;
	struct smtp_relay *relay;
	struct loop_timer timer;
	unsigned depth; /* of calls from outside; freed by the outermost */
	bool freed;

	/* the connection */
	unsigned backend;
	struct stream *stream;
	bool connected, shaking;
	struct listener_address address[BACKEND_ADDRESSES];
	size_t n_addresses, tried;
	char why[STREAM_WHY_MAX + 4 * WORDS_MAX];

	/* the message */
	struct spool *message;
	struct arena *a; /* of bytes; NULL = nothing is read */
	struct pool_job job;
	char *bytes;
	uint64_t offset;
	size_t wanted, got;
	enum spool_result read;
	bool pulling;             /* once what was sent has left */
	bool reading;             /* in the pool */
	bool dropped;             /* the connection that it was for has gone */
	struct relay_answer held; /* until the pool has let go of the message */
	bool holds;
};

static const char *const troubles[] = {[RELAY_LOST] = "connection lost",
	[RELAY_SILENT] = "no answer in time",
	[RELAY_REFUSED] = "refused",
	[RELAY_GARBAGE] = "no sound answer",
	[RELAY_NO_TLS] = "no TLS, which its settings require",
	[RELAY_NO_IDENTITY] = "does not take XCLIENT",
	[RELAY_UNUSABLE] = "refuses recipients it had taken"};

static void
enter(struct backend_link *k)
{
	k->depth++;
}

static void
leave(struct backend_link *k)
{
	void (*gone)(void *ctx) = k->o.gone;
	void *ctx = k->o.ctx;

	if (--k->depth > 0 || !k->freed || k->reading)
		return;
	loop_timer_cancel(&k->timer);
	arena_free(k->a);
	free(k);
	if (gone)
		gone(ctx);
}

/* ---- time ---- */

static int64_t
at_most(const struct backend_loop *l, int64_t ms)
{
	return l->wait_ms && l->wait_ms < ms ? l->wait_ms : ms;
}

static void
timer(void *ctx, int64_t ms)
{
	struct backend_link *k = ctx;

	if (ms < 0)
		loop_timer_cancel(&k->timer);
	else
		loop_timer_set(&k->timer, at_most(k->l, ms));
}

static void
due(void *ctx)
{
	struct backend_link *k = ctx;

	enter(k);
	smtp_relay_timer(k->relay);
	leave(k);
}

/* ---- connections ---- */

static const struct backend_settings *
settings(const struct backend_link *k)
{
	return backends_settings(k->l->backends, k->backend);
}

/* The next address that can be dialled; false: there is none. */
static bool
dial_next(struct backend_link *k)
{
	bool transparent = settings(k)->terms.identity == RELAY_IDENTITY_TRANSPARENT;
	const struct ip *source = transparent ? &k->o.client->ip : NULL;

	while (k->tried < k->n_addresses) {
		const struct listener_address *to = &k->address[k->tried++];

		if (transparent &&
			(to->family == LISTENER_UNIX || to->ip.family != source->family)) {
			snprintf(k->why, sizeof(k->why), "no address of the client's family");
			continue;
		}
		k->stream = stream_connect(
			&k->l->kind, to, source,
			(int)(at_most(k->l, RELAY_DIAL_MS) / (int64_t)k->n_addresses), k);
		return true;
	}
	return false;
}

static unsigned
pick(void *ctx, uint32_t among)
{
	struct backend_link *k = ctx;

	return backends_pick(k->l->backends, among);
}

static void
dial(void *ctx, unsigned backend)
{
	struct backend_link *k = ctx;

	k->backend = backend;
	k->tried = 0;
	k->n_addresses = backends_addresses(k->l->backends, backend, k->address);
	snprintf(k->why, sizeof(k->why), "%s", k->n_addresses ? "" : "its name has no address");
	if (!dial_next(k))
		smtp_relay_lost(k->relay);
}

static void
hang_up(void *ctx, bool politely)
{
	struct backend_link *k = ctx;

	if (politely && k->stream)
		stream_close(k->stream);
	else
		stream_free(k->stream);
	k->stream = NULL;
	k->connected = k->shaking = k->pulling = false;
	k->dropped = k->reading;
}

static void
start_tls(void *ctx)
{
	struct backend_link *k = ctx;
	const struct backend_settings *s = settings(k);
	char ip[IP_TEXT_MAX];

	ip_format(&s->at.ip, ip);
	k->shaking = true;
	stream_start_tls(k->stream, backends_tls(k->l->backends, k->backend),
		s->host                         ? s->host
		: s->at.family == LISTENER_UNIX ? NULL
						: ip,
		false);
}

static void
send_bytes(void *ctx, struct view bytes)
{
	struct backend_link *k = ctx;

	stream_send(k->stream, bytes);
}

static uint32_t
route(void *ctx, struct view domain)
{
	const struct backend_link *k = ctx;
	struct backends *b = k->l->backends;

	if (k->o.only)
		return k->o.only;
	return backends_of_family(b, backends_route(b, domain), k->o.client->ip.family);
}

static void
trouble(void *ctx, unsigned backend, enum relay_trouble what, struct view text)
{
	struct backend_link *k = ctx;
	char words[WORDS_MAX * 4 + 1];
	struct log_line line;

	if (k->why[0] == '\0')
		snprintf(k->why, sizeof(k->why), "%s%s%s", troubles[what], text.n ? ": " : "",
			log_escape(view_head(text, WORDS_MAX), words, sizeof(words)));
	if (k->o.only)
		return; /* a probe: it tells itself */
	log_begin(&line, LOG_LEVEL_WARN, "backend-trouble");
	log_view(&line, "backend", view_str(backends_settings(k->l->backends, backend)->name));
	log_view(&line, "why", view_str(k->why));
	log_end(&line);
	if (what != RELAY_UNUSABLE)
		backends_suspect(k->l->backends, backend);
}

/* ---- the message ---- */

static void
work(void *ctx)
{
	struct backend_link *k = ctx;

	k->read = spool_read(k->message, k->offset, k->bytes, k->wanted, &k->got);
}

static void
give(struct backend_link *k)
{
	bool last = k->read == SPOOL_OK && k->offset + k->got >= spool_size(k->message);

	if (k->read != SPOOL_OK || (k->got == 0 && !last))
		smtp_relay_pull_failed(k->relay);
	else
		smtp_relay_pulled(k->relay, view_of(k->bytes, k->got), last);
}

/* The bytes that are wanted, as soon as the backend has taken those before. */
static void
read_on(struct backend_link *k)
{
	if (!k->pulling || k->reading || stream_unsent(k->stream) > 0)
		return;
	k->pulling = false;
	if (spool_is_file(k->message)) {
		k->reading = true;
		k->dropped = false;
		pool_continue(k->l->pool, &k->job);
	} else {
		work(k);
		give(k);
	}
}

static void
pull(void *ctx, uint64_t offset, size_t n)
{
	struct backend_link *k = ctx;

	if (!k->a) {
		k->a = arena_new();
		k->bytes = arena_alloc(k->a, RELAY_PULL);
	}
	k->offset = offset;
	k->wanted = n < RELAY_PULL ? n : RELAY_PULL;
	k->pulling = true;
	read_on(k);
}

static void
deliver(struct backend_link *k, const struct relay_answer *a)
{
	arena_free(k->a);
	k->a = NULL;
	k->message = NULL;
	k->o.answer(k->o.ctx, a);
}

static void
answer(void *ctx, const struct relay_answer *a)
{
	struct backend_link *k = ctx;

	if (!k->reading) {
		deliver(k, a);
		return;
	}
	k->held = *a;
	k->holds = true;
}

static void
done(void *ctx)
{
	struct backend_link *k = ctx;

	enter(k);
	k->reading = false;
	if (k->freed) {
		leave(k);
		return;
	}
	if (k->holds) {
		k->holds = false;
		deliver(k, &k->held);
	} else if (k->dropped) {
		read_on(k);
	} else {
		give(k);
	}
	leave(k);
}

/* ---- events ---- */

static void
input(struct backend_link *k, struct stream *s)
{
	struct view in = stream_input(s);
	size_t n = in.n ? smtp_relay_input(k->relay, in) : 0;

	if (k->stream != s || k->shaking)
		return; /* left meanwhile; or what came is dropped */
	stream_take(s, n);
	if (stream_has_ended(s))
		smtp_relay_lost(k->relay);
}

static void
failed(struct backend_link *k, struct stream *s)
{
	stream_why(s, k->why);
	if (!k->connected) {
		stream_free(s);
		k->stream = NULL;
		if (dial_next(k))
			return;
	}
	smtp_relay_lost(k->relay);
}

static void
event(void *ctx, struct stream *s, enum stream_event e)
{
	struct backend_link *k = ctx;
	struct tls_info info;

	enter(k);
	switch (e) {
	case STREAM_CONNECTED:
		k->connected = true;
		smtp_relay_connected(k->relay, &settings(k)->terms);
		break;
	case STREAM_INPUT:
		input(k, s);
		break;
	case STREAM_SENT:
		read_on(k);
		break;
	case STREAM_SECURED:
		k->shaking = false;
		smtp_relay_secured(k->relay, stream_info(s, &info) && info.verified);
		break;
	case STREAM_FAILED:
		failed(k, s);
		break;
	}
	leave(k);
}

void
backend_loop_init(struct backend_loop *l)
{
	l->kind = (struct stream_kind){.loop = l->loop,
		.pool = l->pool,
		.event = event,
		.input_max = 2 * SMTP_ANSWER_MAX,
		.output_max = RELAY_CHUNK_MAX + RELAY_PULL,
		.stuck_ms = (int)at_most(l, RELAY_BLOCK_MS),
		.close_ms = STREAM_CLOSE_MS};
}

/* ---- outside ---- */

struct backend_link *
backend_link_new(const struct backend_loop *l, const struct backend_link_options *o)
{
	struct backend_link *k = calloc(1, sizeof(*k));
	struct relay_host h = {
		k, pick, dial, send_bytes, start_tls, hang_up, timer, pull, route, trouble, answer};

	if (!k)
		log_die("out of memory");
	k->l = l;
	k->o = *o;
	loop_timer_init(&k->timer, l->loop, due, k);
	pool_job_init(&k->job, l->loop, work, done, k);
	k->relay = smtp_relay_new(&h, o->client, l->hostname);
	return k;
}

void
backend_link_order(struct backend_link *k, const struct relay_order *o, struct spool *message)
{
	enter(k);
	k->message = message;
	k->why[0] = '\0';
	smtp_relay_order(k->relay, o);
	leave(k);
}

void
backend_link_free(struct backend_link *k)
{
	if (!k)
		return;
	enter(k);
	k->freed = true;
	smtp_relay_free(k->relay);
	leave(k);
}

const struct ehlo *
backend_link_capabilities(const struct backend_link *k)
{
	return smtp_relay_capabilities(k->relay);
}

unsigned
backend_link_backend(const struct backend_link *k)
{
	return k->backend;
}

const char *
backend_link_why(const struct backend_link *k)
{
	return k->why;
}
