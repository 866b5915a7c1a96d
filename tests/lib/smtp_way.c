/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/smtp_way.h"

#include "mail/smtp/sasl_name.h"
#include "util/log.h"

enum { WAY_MAX = 1024 * 1024 };

static const char announced[] = "sink.test\nPIPELINING\n8BITMIME\nSMTPUTF8\nDSN\nENHANCEDSTATUSCODES\nETRN\nSIZE 0\n"
				"AUTH PLAIN LOGIN\nXFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\n"
				"XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

/* ---- the careless backend ---- */

static enum smtp_way_mood
next_mood(struct smtp_way *w)
{
	return w->n_moods ? (enum smtp_way_mood)(w->moods[w->mood++ % w->n_moods] % WAY_MOODS) : WAY_FINE;
}

static bool
is_refusing(enum smtp_way_mood m)
{
	return m == WAY_LATER || m == WAY_NEVER || m == WAY_DOWN;
}

static void
say(struct smtp_way *w, enum smtp_way_mood m, const char *text)
{
	static const char *const others[WAY_MOODS] = {[WAY_LATER] = "450 4.2.0 later", [WAY_NEVER] = "550 5.1.1 never",
		[WAY_DOWN] = "421 4.3.2 down", [WAY_GARBAGE] = "2x0 what?"};

	w->lost |= m == WAY_LOST;
	if (m == WAY_SILENT || w->lost)
		return;
	buf_printf(&w->from_backend, "%s\r\n", others[m] ? others[m] : text);
	if (m == WAY_TWICE)
		buf_printf(&w->from_backend, "%s\r\n", text);
}

static void
reply(struct smtp_way *w, const char *text)
{
	say(w, next_mood(w), text);
}

static void
announce(struct smtp_way *w)
{
	struct view rest = VIEW(announced), line;

	while (view_split(&rest, '\n', &line))
		buf_printf(&w->from_backend, "250%c%.*s\r\n", rest.p || w->chunking ? '-' : ' ', VIEW_ARG(line));
	if (w->chunking)
		reply(w, "250 CHUNKING");
}

/* Line ends apart: an empty line is put where a header ends without one (front/edited_message). */
static bool
ends_with(struct view v, struct view end)
{
	for (;;) {
		while (v.n && view_is_space(v.p[v.n - 1]))
			v.n--;
		while (end.n && view_is_space(end.p[end.n - 1]))
			end.n--;
		if (end.n == 0 || v.n == 0 || v.p[v.n - 1] != end.p[end.n - 1])
			return end.n == 0;
		v.n--;
		end.n--;
	}
}

static void
taken(struct smtp_way *w)
{
	enum smtp_way_mood m = next_mood(w);

	buf_reset(&w->message);
	buf_add(&w->message, buf_view(&w->taking));
	buf_reset(&w->taking);
	if (is_refusing(m)) {
		say(w, m, "");
		return;
	}
	w->messages++;
	w->differs |= !view_starts_nocase(buf_view(&w->message), "Received: from ") ||
		      !ends_with(buf_view(&w->message), buf_view(&w->held));
	say(w, m, "250 2.0.0 stored");
}

static void
begin_chunk(struct smtp_way *w, struct view rest)
{
	struct view size = view_head(rest, view_find(rest, ' '));

	view_number(size, WAY_MAX, &w->chunk);
	w->last = size.n < rest.n;
	w->mode = WAY_CHUNK;
}

static void
obey(struct smtp_way *w, struct view line)
{
	buf_add(&w->commands, line);
	buf_byte(&w->commands, '\n');
	if (view_starts_nocase(line, "PROXY ")) {
		return; /* no command: nobody answers it */
	} else if (view_starts_nocase(line, "EHLO")) {
		announce(w);
	} else if (view_starts_nocase(line, "DATA")) {
		enum smtp_way_mood m = next_mood(w);

		w->mode = is_refusing(m) || m == WAY_GARBAGE ? WAY_COMMAND : WAY_DATA;
		say(w, m, "354 go on");
	} else if (view_starts_nocase(line, "BDAT ")) {
		begin_chunk(w, view_skip(line, 5));
	} else if (view_starts_nocase(line, "XCLIENT")) {
		reply(w, "220 sink.test ESMTP");
	} else if (view_starts_nocase(line, "AUTH")) {
		reply(w, "235 2.7.0 welcome");
	} else {
		reply(w, view_starts_nocase(line, "QUIT") ? "221 2.0.0 bye" : "250 2.0.0 ok");
	}
}

static void
store(struct smtp_way *w, struct view line)
{
	if (view_eq_str(line, ".")) {
		w->mode = WAY_COMMAND;
		taken(w);
		return;
	}
	buf_add(&w->taking, line.n && line.p[0] == '.' ? view_skip(line, 1) : line);
	buf_str(&w->taking, "\r\n");
}

/* A line that ends in CRLF, CR or LF. False: there is none yet. */
static bool
careless_line(struct smtp_way *w)
{
	struct view in = buf_view(&w->to_backend);
	size_t n = 0, end;

	while (n < in.n && in.p[n] != '\r' && in.p[n] != '\n')
		n++;
	end = n + 1;
	if (n == in.n || (in.p[n] == '\r' && end == in.n))
		return false;
	end += in.p[n] == '\r' && in.p[end] == '\n';
	(w->mode == WAY_DATA ? store : obey)(w, view_head(in, n));
	buf_take(&w->to_backend, end);
	return true;
}

static bool
chunk(struct smtp_way *w)
{
	size_t n = w->chunk < w->to_backend.n ? (size_t)w->chunk : w->to_backend.n;

	buf_add(&w->taking, view_head(buf_view(&w->to_backend), n));
	buf_take(&w->to_backend, n);
	w->chunk -= n;
	if (w->chunk)
		return false;
	w->mode = WAY_COMMAND;
	if (w->last)
		taken(w);
	else
		reply(w, "250 2.0.0 chunk");
	return true;
}

static void
serve(struct smtp_way *w)
{
	while (w->mode == WAY_CHUNK ? chunk(w) : careless_line(w))
		;
}

/* ---- the relay's surroundings ---- */

static unsigned
pick(void *ctx, uint32_t among)
{
	(void)ctx, (void)among;
	return 0;
}

static void
dial(void *ctx, unsigned backend)
{
	struct smtp_way *w = ctx;

	(void)backend;
	w->dialled = true;
}

static void
to_backend(void *ctx, struct view bytes)
{
	buf_add(&((struct smtp_way *)ctx)->to_backend, bytes);
}

static void
nothing(void *ctx)
{
	(void)ctx;
}

static void
hang_up(void *ctx, bool politely)
{
	struct smtp_way *w = ctx;

	(void)politely;
	buf_reset(&w->to_backend);
	buf_reset(&w->from_backend);
	buf_reset(&w->taking);
	w->mode = WAY_COMMAND;
	w->lost = w->dialled = false;
}

static void
relay_timer(void *ctx, int64_t ms)
{
	((struct smtp_way *)ctx)->timed = ms >= 0;
}

static void
pull(void *ctx, uint64_t offset, size_t n)
{
	struct smtp_way *w = ctx;
	struct view rest = view_skip(buf_view(&w->held), (size_t)offset);

	smtp_relay_pulled(w->r, view_head(rest, n), rest.n <= n);
}

static uint32_t
route(void *ctx, struct view domain)
{
	(void)ctx, (void)domain;
	return 1;
}

static void
trouble(void *ctx, unsigned backend, enum relay_trouble what, struct view text)
{
	(void)ctx, (void)backend, (void)what, (void)text;
}

static void
answer(void *ctx, const struct relay_answer *a)
{
	struct smtp_way *w = ctx;

	w->acknowledged += w->verb == RELAY_MESSAGE && a->reply.code / 100 == 2;
	smtp_session_answered(w->s, a);
}

/* ---- the session's surroundings ---- */

static void
to_client(void *ctx, struct view bytes)
{
	buf_add(&((struct smtp_way *)ctx)->said, bytes);
}

static void
close_client(void *ctx)
{
	((struct smtp_way *)ctx)->closed = true;
}

static void
timer(void *ctx, int64_t at)
{
	(void)ctx, (void)at;
}

static int64_t
now(void *ctx)
{
	(void)ctx;
	return 1700000000;
}

static bool
listed(void *ctx, enum smtp_list list, const struct ip *ip)
{
	(void)ip;
	return ((struct smtp_way *)ctx)->listed >> list & 1;
}

static bool
own_domain(void *ctx, struct view domain)
{
	(void)ctx;
	return view_eq_str(domain, "example.org");
}

static bool
capabilities(void *ctx, struct ehlo *out)
{
	ehlo_parse(VIEW(announced), out);
	out->has |= ((struct smtp_way *)ctx)->chunking ? EHLO_CHUNKING : 0;
	return true;
}

static bool
can_secure(void *ctx)
{
	(void)ctx;
	return true;
}

static void
secure(void *ctx, bool implicit, size_t early)
{
	(void)implicit;
	smtp_session_secured(((struct smtp_way *)ctx)->s, VIEW("TLSv1.3"), VIEW("X"), (struct view){NULL, 0});
}

static void
judge(void *ctx, const struct smtp_event *e)
{
	struct smtp_way *w = ctx;
	struct smtp_judged j = {.id = VIEW("0123abcd")};

	w->client.ip = e->client->ip;
	w->client.helo = e->client->helo;
	w->client.name = e->client->name;
	w->client.login = e->client->login;
	w->client.esmtp = e->client->esmtp;
	if (e->kind == SMTP_EVENT_MAIL)
		buf_reset(&w->held);
	smtp_session_judged(w->s, &j);
}

static void
absorb(void *ctx, struct view bytes, const struct smtp_event *end)
{
	struct smtp_way *w = ctx;

	(void)end;
	buf_add(&w->held, bytes);
	smtp_session_absorbed(w->s, SMTP_ABSORBED);
}

static void
relay(void *ctx, const struct relay_order *o)
{
	struct smtp_way *w = ctx;

	w->handed += o->verb == RELAY_MESSAGE;
	w->verb = o->verb;
	smtp_relay_order(w->r, o);
}

/* ---- the whole ---- */

static struct buf *
bufs(struct smtp_way *w, size_t i)
{
	struct buf *all[] = {&w->said, &w->commands, &w->message, &w->held, &w->to_backend, &w->from_backend, &w->taking};

	return i < sizeof(all) / sizeof(*all) ? all[i] : NULL;
}

void
smtp_way_init(struct smtp_way *w)
{
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	*w = (struct smtp_way){.terms = {RELAY_TLS_NONE, RELAY_IDENTITY_NONE}};
	w->o = (struct smtp_options){.hostname = VIEW("mx.example.org"), .starttls = true, .auth = true, .line_max = 2048,
		.recipients_max = 1000, .messages_max = 100, .errors_max = 1000, .message_max = 50 << 20,
		.session_ms = 7200000, .idle_ms = 300000, .data_idle_ms = 180000, .proxy_wait_ms = 5000};
	w->host = (struct smtp_host){w, to_client, close_client, timer, now, now, listed, own_domain, capabilities,
		can_secure, secure, judge, absorb, relay};
	w->relay_host = (struct relay_host){w, pick, dial, to_backend, nothing, hang_up, relay_timer, pull, route, trouble,
		answer};
	for (size_t i = 0; bufs(w, i); i++)
		buf_init(bufs(w, i), WAY_MAX);
}

/* The connection is lost, or an answer does not come; true: it was. */
static bool
fail(struct smtp_way *w)
{
	bool lost = w->lost, late = w->timed && smtp_relay_busy(w->r);

	if (lost) {
		hang_up(w, false);
		smtp_relay_lost(w->r);
	} else if (late) {
		w->timed = false;
		smtp_relay_timer(w->r);
	}
	return lost || late;
}

/* Lets backend and relay talk until nothing moves. */
static void
settle(struct smtp_way *w)
{
	for (bool moved = true; moved;) {
		size_t n = 0;

		moved = w->dialled;
		if (w->dialled) {
			w->dialled = false;
			smtp_relay_connected(w->r, &w->terms);
			reply(w, "220 sink.test ESMTP");
		}
		if (!w->lost)
			serve(w);
		n = smtp_relay_input(w->r, buf_view(&w->from_backend));
		buf_take(&w->from_backend, n < w->from_backend.n ? n : w->from_backend.n);
		moved |= n > 0;
		moved = moved || fail(w);
	}
}

void
smtp_way_run(struct smtp_way *w, struct view client)
{
	struct smtp_client c = {.ip = {4, {192, 0, 2, 1}}, .port = 4711, .local_ip = {4, {192, 0, 2, 25}}, .local_port = 25};
	struct view rest = client, part;

	w->r = smtp_relay_new(&w->relay_host, &w->client, VIEW("mx.example.org"));
	w->s = smtp_session_new(&w->o, &w->host, &c, false);
	smtp_session_start(w->s);
	while (view_split(&rest, '\f', &part))
		for (size_t n = 1; n;) {
			n = smtp_session_input(w->s, part);
			part = view_skip(part, n);
			n += smtp_session_busy(w->s);
			settle(w);
		}
}

void
smtp_way_done(struct smtp_way *w)
{
	smtp_session_gone(w->s, VIEW("it hung up"));
	smtp_relay_free(w->r);
	smtp_session_free(w->s);
	for (size_t i = 0; bufs(w, i); i++)
		buf_done(bufs(w, i));
}
