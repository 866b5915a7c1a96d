/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/relay_script.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/limits.h"

enum { LOG_MAX = 4 * 1024 * 1024 };

struct player {
	const struct relay_script *s;
	struct smtp_relay *r;
	struct relay_client client;
	struct buf log;
	size_t said; /* of the log, already expected */
	struct view message;
	struct arena *a;
	int64_t timer;
	bool pulling;
	struct relay_order order; /* lives until it is answered */
	struct relay_message body;
	struct smtp_command mail, rcpt;
	int line;
};

static const struct {
	enum relay_verb verb;
	const char *word;
} orders[] = {{RELAY_RCPT, "rcpt"}, {RELAY_AUTH, "auth"}, {RELAY_LINE, "line"}, {RELAY_ETRN, "etrn"},
	{RELAY_MESSAGE, "message"}, {RELAY_MESSAGE, "quarantine"}, {RELAY_RESET, "reset"}, {RELAY_HELLO, "hello"}};

static const char *const troubles[] = {[RELAY_LOST] = "lost", [RELAY_SILENT] = "silent", [RELAY_REFUSED] = "refused",
	[RELAY_GARBAGE] = "garbage", [RELAY_NO_TLS] = "tls", [RELAY_NO_IDENTITY] = "identity",
	[RELAY_UNUSABLE] = "unusable"};

/* ---- what the machine does ---- */

static void
end_line(struct player *p)
{
	if (p->log.n && p->log.p[p->log.n - 1] != '\n')
		buf_byte(&p->log, '\n');
}

static unsigned
pick(void *ctx, uint32_t among)
{
	CU_ASSERT_NOT_EQUAL_FATAL(among, 0);
	return (unsigned)__builtin_ctz(among);
}

static void
dial(void *ctx, unsigned backend)
{
	struct player *p = ctx;

	buf_printf(&p->log, "dial %u\n", backend);
}

static void
sent(void *ctx, struct view bytes)
{
	struct player *p = ctx;

	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (p->log.n == 0 || p->log.p[p->log.n - 1] == '\n')
			buf_str(&p->log, "C ");
		if (c == '\n')
			buf_byte(&p->log, '\n');
		else if (c != '\r' && (c < ' ' || c > 126))
			buf_printf(&p->log, "\\%02x", c);
		else if (c != '\r')
			buf_byte(&p->log, (char)c);
		else if (i + 1 == bytes.n || bytes.p[i + 1] != '\n')
			buf_str(&p->log, "\\r");
	}
}

static void
start_tls(void *ctx)
{
	struct player *p = ctx;

	buf_str(&p->log, "tls\n");
}

static void
hang_up(void *ctx, bool politely)
{
	struct player *p = ctx;

	p->pulling = false;
	end_line(p);
	buf_str(&p->log, politely ? "leave\n" : "hang up\n");
}

static void
timer(void *ctx, int64_t ms)
{
	struct player *p = ctx;

	p->timer = ms;
}

static void
pull(void *ctx, uint64_t offset, size_t n)
{
	struct player *p = ctx;
	size_t piece = p->s->piece && p->s->piece < n ? p->s->piece : n;
	struct view rest = view_of(p->message.p + offset, p->message.n - offset), bytes = view_head(rest, piece);

	p->pulling = true;
	if (p->s->stalled)
		return;
	p->pulling = false;
	smtp_relay_pulled(p->r, bytes, bytes.n == rest.n);
}

static uint32_t
route(void *ctx, struct view domain)
{
	struct player *p = ctx;

	if (view_eq_str(domain, "c.test"))
		return p->s->backends > 1 ? 2 : 0;
	return p->s->backends > 1 ? (1u << p->s->backends) - 1 : 1;
}

static void
trouble(void *ctx, unsigned backend, enum relay_trouble what, struct view text)
{
	struct player *p = ctx;

	end_line(p);
	buf_printf(&p->log, "trouble %u %s\n", backend, troubles[what]);
}

static void
answer(void *ctx, const struct relay_answer *a)
{
	struct player *p = ctx;
	struct view rest = a->reply.text, line;

	buf_printf(&p->log, "= %d %.*s", a->reply.code, VIEW_ARG(a->reply.enhanced));
	while (view_split(&rest, '\n', &line))
		buf_printf(&p->log, "%s%.*s", line.p == a->reply.text.p ? (a->reply.enhanced.p ? " " : "") : "|",
			VIEW_ARG(line));
	buf_printf(&p->log, "%s%s\n",
		a->source == RELAY_BY_PROXY    ? " (proxy)"
		: a->source == RELAY_BY_SENDER ? " (sender)"
					       : "",
		a->over ? " (over)" : "");
	if (a->reply.code == 235 && p->s->login)
		p->client.login = VIEW("ann");
}

/* ---- what it is told ---- */

static void
command(struct player *p, struct smtp_command *out, const char *verb, struct view mailbox, struct view params)
{
	struct view line = arena_printf(p->a, "%s:<%.*s> %.*s", verb, VIEW_ARG(mailbox), VIEW_ARG(params));

	CU_ASSERT_EQUAL(smtp_command_parse(line, true, p->a, out), SMTP_COMMAND_OK);
}

static void
order(struct player *p, struct view text)
{
	const struct relay_script *s = p->s;
	size_t n = view_find(text, ' ');
	struct view verb = view_head(text, n), rest = view_skip(text, n + 1);

	p->order = (struct relay_order){.verb = RELAY_HELLO, .line = rest};
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (view_eq_str(verb, orders[i].word))
			p->order.verb = orders[i].verb;
	if (p->order.verb == RELAY_RCPT) {
		n = view_find(rest, ' ');
		command(p, &p->mail, "MAIL FROM", view_str(s->from ? s->from : "ann@a.test"),
			view_str(s->from_params ? s->from_params : ""));
		command(p, &p->rcpt, "RCPT TO", view_head(rest, n), view_skip(rest, n + 1));
		p->order.mail = &p->mail;
		p->order.rcpt = &p->rcpt;
	}
	if (p->order.verb == RELAY_MESSAGE) {
		p->body = (struct relay_message){VIEW("Received: by us\r\n"), s->edits, {NULL, 0}};
		if (view_eq_str(verb, "quarantine"))
			p->body.quarantine = rest;
		p->order.message = &p->body;
	}
	smtp_relay_order(p->r, &p->order);
}

/* "250 one|250 two`": all in one piece; what is not taken is offered again, byte by byte, as streams do. */
static void
backend_says(struct player *p, struct view text)
{
	bool open = text.n && text.p[text.n - 1] == '`';
	struct buf b;
	size_t taken = 0, n;

	buf_init(&b, LOG_MAX);
	for (size_t i = 0; i < text.n - open; i++)
		if (text.p[i] == '|')
			buf_str(&b, "\r\n");
		else
			buf_byte(&b, text.p[i]);
	if (!open)
		buf_str(&b, "\r\n");
	/* First all but the last byte, then the whole. */
	taken = smtp_relay_input(p->r, view_head(buf_view(&b), b.n - 1));
	do {
		n = smtp_relay_input(p->r, view_skip(buf_view(&b), taken));
		taken += n;
	} while (n && taken < b.n);
	buf_done(&b);
}

static void
leave(struct player *p)
{
	smtp_relay_free(p->r);
	p->r = NULL;
}

static bool
tell(struct player *p, struct view line)
{
	if (view_starts_nocase(line, "? "))
		order(p, view_skip(line, 2));
	else if (view_starts_nocase(line, "S "))
		backend_says(p, view_skip(line, 2));
	else if (view_eq_str(line, "connected"))
		smtp_relay_connected(p->r, &p->s->terms);
	else if (view_eq_str(line, "lost"))
		smtp_relay_lost(p->r);
	else if (view_eq_str(line, "silence"))
		smtp_relay_timer(p->r);
	else if (view_eq_str(line, "secured") || view_eq_str(line, "unverified"))
		smtp_relay_secured(p->r, view_eq_str(line, "secured"));
	else if (view_eq_str(line, "unreadable"))
		smtp_relay_pull_failed(p->r);
	else if (view_eq_str(line, "freed"))
		leave(p);
	else
		return false;
	return true;
}

/* ---- comparison ---- */

static bool
wrong(struct player *p, const char *what, struct view want, struct view got)
{
	char text[900];

	snprintf(text, sizeof(text), "%s: line %d: %s, want \"%.*s\", got \"%.*s\"", p->s->name, p->line, what,
		(int)(want.n < 300 ? want.n : 300), want.p ? want.p : "",
		(int)(got.n < 300 ? got.n : 300), got.p ? got.p : "");
	CU_assertImplementation(CU_FALSE, (unsigned)p->line, text, "relay_script", "", CU_FALSE);
	return false;
}

static struct view
unread(const struct player *p)
{
	return view_of(p->log.p + p->said, p->log.n - p->said);
}

static bool
is_sound(struct player *p)
{
	return !p->r || !smtp_relay_busy(p->r) || p->timer > 0;
}

static bool
play_line(struct player *p, struct view line)
{
	struct view got;

	end_line(p);
	got = view_head(unread(p), view_find(unread(p), '\n'));

	if (view_starts_nocase(line, "? ") || view_starts_nocase(line, "S ") || !strchr("dthlC=", line.p[0]) ||
		view_eq_str(line, "lost")) {
		if (unread(p).n)
			return wrong(p, "it did more", line, got);
		if (!tell(p, line))
			return wrong(p, "not a line", line, got);
		return is_sound(p) || wrong(p, "no time limit", line, got);
	}
	if (!view_eq(line, got))
		return wrong(p, "it did otherwise", line, got);
	p->said += got.n + 1;
	return true;
}

static void
prepare(struct player *p, const struct relay_script *s)
{
	struct relay_host h = {p, pick, dial, sent, start_tls, hang_up, timer, pull, route, trouble, answer};

	*p = (struct player){.s = s, .a = arena_new(), .timer = -1};
	buf_init(&p->log, LOG_MAX);
	p->message = view_str(s->message ? s->message : "Subject: x\r\n\r\nbody\r\n");
	ip_parse(VIEW("192.0.2.1"), &p->client.ip);
	ip_parse(VIEW("198.51.100.2"), &p->client.local_ip);
	p->client.port = 4000;
	p->client.local_port = 25;
	p->client.names_unsure = s->unsure;
	if (!s->stranger) {
		p->client.name = VIEW("mail.c1.test");
		p->client.helo = VIEW("c1.test");
		p->client.esmtp = true;
	}
	p->r = smtp_relay_new(&h, &p->client, VIEW("proxy.test"));
}

void
relay_script_play(const struct relay_script *s)
{
	struct view rest = view_str(s->text), line;
	struct player p;

	prepare(&p, s);
	while (view_split(&rest, '\n', &line)) {
		p.line++;
		if (line.n && !play_line(&p, line))
			break;
	}
	if (!line.n && unread(&p).n)
		wrong(&p, "it did more at the end", line, view_head(unread(&p), view_find(unread(&p), '\n')));
	smtp_relay_free(p.r);
	buf_done(&p.log);
	arena_free(p.a);
}
