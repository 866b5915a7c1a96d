/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/smtp_play.h"

#include <stdio.h>
#include <stdlib.h>

#include "mail/smtp/sasl_name.h"
#include "util/limits.h"
#include "util/log.h"

#define BUFS(p) {&p->out, &p->codes, &p->asked, &p->message, &p->trace, &p->pending, &p->absorbing, &p->in}
enum { PLAY_MAX = 16 * 1024 * 1024, HOLD_MAX_MS = 61000, ROUNDS = 100000 };

static void
broken(struct smtp_play *p, const char *rule, struct view what)
{
	if (!p->broken[0])
		snprintf(p->broken, sizeof(p->broken), "%s: %.*s", rule, (int)(what.n < 120 ? what.n : 120),
			what.p ? what.p : "");
}

/* ---- the client hears ---- */

/* One line of a reply, "250-2.1.0 ok" without CRLF. */
static void
hear_line(struct smtp_play *p, struct view line)
{
	struct view rest = view_skip(line, 4), enhanced = {NULL, 0};

	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] < ' ' || line.p[i] > 126)
			broken(p, "a byte in a reply that is not printable", line);
	if (line.n < 4 || line.p[0] < '2' || line.p[0] > '5' || !view_is_digit(line.p[1]) ||
		!view_is_digit(line.p[2]) || (line.p[3] != ' ' && line.p[3] != '-'))
		broken(p, "not a reply", line);
	else if (line.n + 2 > SMTP_ANSWER_LINE_MAX)
		broken(p, "a long line", line);
	if (line.n < 4 || line.p[3] == '-')
		return;
	view_split(&rest, ' ', &enhanced);
	buf_printf(&p->codes, "%s%.3s", p->codes.n ? " " : "", line.p);
	if (smtp_reply_enhanced_ok(enhanced)) {
		buf_printf(&p->codes, ":%.*s", VIEW_ARG(enhanced));
		if (enhanced.p[0] != line.p[0])
			broken(p, "code and enhanced code of two classes", line);
	}
}

static void
host_send(void *ctx, struct view bytes)
{
	struct smtp_play *p = ctx;
	struct view rest = bytes;

	if (p->closed)
		broken(p, "a reply after the end", bytes);
	buf_add(&p->out, bytes);
	while (rest.n) {
		size_t n = view_find(rest, '\n');

		if (n == rest.n || n == 0 || rest.p[n - 1] != '\r') {
			broken(p, "a reply's line does not end in CRLF", rest);
			return;
		}
		hear_line(p, view_head(rest, n - 1));
		rest = view_skip(rest, n + 1);
	}
}

static void
host_close(void *ctx)
{
	struct smtp_play *p = ctx;

	if (p->closed)
		broken(p, "closed twice", VIEW(""));
	p->closed = true;
	buf_str(&p->codes, p->codes.n ? " closed" : "closed");
}

/* ---- time, lists, capabilities ---- */

static void
host_timer(void *ctx, int64_t at)
{
	((struct smtp_play *)ctx)->timer_at = at;
}

static int64_t
host_now(void *ctx)
{
	return ((struct smtp_play *)ctx)->now;
}

static int64_t
host_wall(void *ctx)
{
	(void)ctx;
	return 1700000000;
}

static bool
host_listed(void *ctx, enum smtp_list list, const struct ip *ip)
{
	struct smtp_play *p = ctx;

	return (p->listed >> list & 1) && (list == SMTP_LIST_OWN_NETS || ip_eq(ip, &p->client.ip));
}

static bool
host_own_domain(void *ctx, struct view domain)
{
	(void)ctx;
	return view_eq_str(domain, "example.org") || view_eq_str(domain, "[192.0.2.25]");
}

static bool
host_capabilities(void *ctx, struct ehlo *out)
{
	struct smtp_play *p = ctx;

	*out = p->can;
	return p->healthy;
}

static bool
host_can_secure(void *ctx)
{
	return !((struct smtp_play *)ctx)->busy;
}

/* ---- requests ---- */

static void settle(struct smtp_play *p);

/* The request that was written to p->pending. */
static void
ask(struct smtp_play *p, int kind)
{
	struct view v = buf_view(&p->pending);

	if (p->kind != PLAY_NONE)
		broken(p, "a request while one is open", v);
	if (p->closed)
		broken(p, "a request after the end", v);
	if (view_find(v, '\r') < v.n || view_find(v, '\n') < v.n || view_find(v, 0) < v.n)
		broken(p, "a line end or NUL is passed on", v);
	if (kind != PLAY_ABSORB) {
		buf_add(&p->asked, v);
		buf_byte(&p->asked, '\n');
	}
	p->kind = kind;
	if (smtp_session_input(p->s, VIEW("NOOP\r\n")) != 0)
		broken(p, "input is taken while a request is open", v);
	if (!p->late)
		settle(p);
}

static void
host_start_tls(void *ctx, bool implicit, size_t early)
{
	struct smtp_play *p = ctx;

	buf_reset(&p->pending);
	buf_str(&p->pending, implicit ? "tls at once" : "tls");
	ask(p, PLAY_TLS);
}

/* A message that is judged has whole lines only, and no NUL. */
static void
inspect(struct smtp_play *p, struct view text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == 0 || (text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n')) ||
			(text.p[i] == '\n' && (i == 0 || text.p[i - 1] != '\r')))
			broken(p, "a bare CR or LF, or a NUL in a message", VIEW(""));
	if (text.n && text.p[text.n - 1] != '\n')
		broken(p, "a message's last line has no end", VIEW(""));
}

static void
host_judge(void *ctx, const struct smtp_event *e)
{
	static const char *const names[] = {"connect", "helo", "mail", "rcpt", "answered", "data", "end", "over"};
	static const char *const valid[] = {"unknown", "yes", "no"};
	struct smtp_play *p = ctx;
	char ip[IP_TEXT_MAX] = "local";

	if (e->client->ip.family)
		ip_format(&e->client->ip, ip);
	buf_reset(&p->pending);
	buf_str(&p->pending, names[e->kind]);
	switch (e->kind) {
	case SMTP_EVENT_CONNECT:
		buf_printf(&p->pending, " %s%s", ip, e->seen->early_talk ? " early" : "");
		break;
	case SMTP_EVENT_HELO:
		buf_printf(&p->pending, " %.*s", VIEW_ARG(e->client->helo));
		break;
	case SMTP_EVENT_MAIL:
		buf_printf(&p->pending, " <%.*s>%s%.*s%s%.*s", VIEW_ARG(e->mail->from),
			e->mail->auth_user.p ? " user=" : "", VIEW_ARG(e->mail->auth_user),
			e->mail->tls_cipher.p ? " cipher=" : "", VIEW_ARG(e->mail->tls_cipher));
		if (e->seen->junk)
			buf_printf(&p->pending, " junk=%u", e->seen->junk);
		break;
	case SMTP_EVENT_RCPT:
		buf_printf(&p->pending, " <%.*s>", VIEW_ARG(e->rcpt));
		break;
	case SMTP_EVENT_ANSWERED:
		buf_printf(&p->pending, " <%.*s> %s %s", VIEW_ARG(e->rcpt), valid[e->valid],
			e->taken ? "taken" : "lost");
		break;
	case SMTP_EVENT_OVER:
		buf_printf(&p->pending, " %d", e->code);
		buf_reset(&p->absorbing);
		break;
	case SMTP_EVENT_END:
		buf_reset(&p->message);
		buf_add(&p->message, buf_view(&p->absorbing));
		inspect(p, buf_view(&p->message));
		buf_str(&p->pending, e->seen->bare_newline ? " bare-newline" : "");
		break;
	case SMTP_EVENT_DATA:
		buf_str(&p->pending, e->seen->pipelining ? " pipelining" : "");
		break;
	}
	ask(p, PLAY_JUDGE);
}

static void
host_absorb(void *ctx, struct view bytes, const struct smtp_event *end)
{
	struct smtp_play *p = ctx;

	buf_reset(&p->pending);
	buf_printf(&p->pending, "absorb%s", end ? " last" : "");
	p->part = bytes;
	ask(p, PLAY_ABSORB);
}

static void
host_relay(void *ctx, const struct relay_order *o)
{
	struct smtp_play *p = ctx;

	buf_reset(&p->pending);
	p->auth_line = o->verb == RELAY_LINE || (o->verb == RELAY_AUTH && view_find(view_skip(o->line, 5), ' ') + 5 < o->line.n);
	switch (o->verb) {
	case RELAY_AUTH:
		buf_printf(&p->pending, "> auth %.*s", VIEW_ARG(o->line));
		break;
	case RELAY_LINE:
		buf_printf(&p->pending, "> line %.*s", VIEW_ARG(o->line));
		break;
	case RELAY_ETRN:
		buf_printf(&p->pending, "> etrn %.*s", VIEW_ARG(o->line));
		break;
	case RELAY_RCPT:
		buf_printf(&p->pending, "> rcpt <%.*s>%s%.*s, <%.*s>%s%.*s", VIEW_ARG(o->mail->mailbox),
			o->mail->params.n ? " " : "", VIEW_ARG(o->mail->params), VIEW_ARG(o->rcpt->mailbox),
			o->rcpt->params.n ? " " : "", VIEW_ARG(o->rcpt->params));
		break;
	case RELAY_MESSAGE:
		p->messages++;
		buf_printf(&p->pending, "> message%s%.*s", o->message->quarantine.p ? " " : "",
			VIEW_ARG(o->message->quarantine));
		buf_reset(&p->trace);
		buf_add(&p->trace, o->message->trace);
		break;
	case RELAY_RESET:
		buf_str(&p->pending, "> reset");
		break;
	case RELAY_HELLO:
		broken(p, "an order that is not the session's", VIEW("hello"));
		break;
	}
	ask(p, PLAY_RELAY);
}

/* ---- answers ---- */

static const char *
answer_to(struct smtp_play *p)
{
	const char *request = arena_cstr(p->a, buf_view(&p->pending));

	if (p->answer)
		return p->answer(p, request);
	for (const struct smtp_play_answer *x = p->script; x && x->request; x++)
		if (strncmp(request, x->request, strlen(x->request)) == 0)
			return x->answer;
	return NULL;
}

/* "CODE ENHANCED TEXT" */
static struct smtp_reply
reply_of(struct view text)
{
	struct smtp_reply r = {.text = text};
	struct view word = {NULL, 0}, rest = text;
	uint64_t code = 0;

	view_split(&rest, ' ', &word);
	view_number(word, 599, &code);
	r.code = (int)code;
	r.text = rest;
	if (view_split(&rest, ' ', &word) && smtp_reply_enhanced_ok(word)) {
		r.enhanced = word;
		r.text = rest.p ? rest : VIEW("");
	}
	if (!r.text.p)
		r.text = VIEW("");
	return r;
}

static void
judge(struct smtp_play *p, const char *answer)
{
	static const char *const kinds[] = {
		[VERDICT_ACCEPT] = "accept", [VERDICT_DEFER] = "defer", [VERDICT_REJECT] = "reject",
		[VERDICT_DISCARD] = "discard", [VERDICT_QUARANTINE] = "quarantine", [VERDICT_GREYLIST] = "greylist"};
	struct smtp_judged j = {.id = VIEW("0123abcd"), .names = {.verified = VIEW("client.example")}};
	struct view rest = view_str(answer), word = {NULL, 0};

	view_split(&rest, ' ', &word);
	if (view_eq_str(word, "tarpit")) {
		uint64_t ms = 0;

		view_number(rest, 60000, &ms);
		j.tarpit_ms = (int64_t)ms;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i] && view_eq_str(word, kinds[i])) {
			p->verdict = (struct verdict){.kind = (enum verdict_kind)i, .reply = reply_of(rest)};
			j.verdict = &p->verdict;
		}
	smtp_session_judged(p->s, &j);
}

static void
relay(struct smtp_play *p, const char *answer, struct view request)
{
	struct relay_answer a = {.source = RELAY_BY_BACKEND};
	struct view rest = view_str(answer);

	if (!answer && view_starts_nocase(request, "> auth"))
		rest = p->auth_line ? VIEW("235 2.7.0 welcome") : VIEW("334 VXNlcm5hbWU6");
	else if (!answer && view_starts_nocase(request, "> line"))
		rest = view_starts_nocase(request, "> line *") ? VIEW("501 5.7.0 cancelled") : VIEW("235 2.7.0 welcome");
	else if (!answer)
		rest = VIEW("250 2.0.0 backend ok");
	if (view_starts_nocase(rest, "sender ") || view_starts_nocase(rest, "proxy "))
		a.source = rest.p[0] == 's' ? RELAY_BY_SENDER : RELAY_BY_PROXY;
	a.over = view_starts_nocase(rest, "over ");
	if (a.over || a.source != RELAY_BY_BACKEND)
		rest = view_skip(rest, view_find(rest, ' ') + 1);
	a.reply = reply_of(rest);
	smtp_session_answered(p->s, &a);
}

static void
absorb(struct smtp_play *p, const char *answer)
{
	buf_add(&p->absorbing, p->part);
	smtp_session_absorbed(p->s, !answer ? SMTP_ABSORBED
				    : strcmp(answer, "full") == 0 ? SMTP_ABSORB_FULL : SMTP_ABSORB_FAILED);
}

/* Answers the open request. */
static void
settle(struct smtp_play *p)
{
	const char *answer = answer_to(p);
	struct view request = view_str(arena_cstr(p->a, buf_view(&p->pending)));
	int kind = p->kind;

	p->kind = PLAY_NONE;
	if (kind == PLAY_JUDGE)
		judge(p, answer);
	else if (kind == PLAY_RELAY)
		relay(p, answer, request);
	else if (kind == PLAY_ABSORB)
		absorb(p, answer);
	else if (kind == PLAY_TLS)
		smtp_session_secured(p->s, VIEW("TLSv1.3"), VIEW("TLS_AES_256_GCM_SHA384"), (struct view){NULL, 0});
}

/* ---- the play ---- */

void
smtp_play_init(struct smtp_play *p)
{
	struct buf *bufs[] = BUFS(p);

	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	*p = (struct smtp_play){.healthy = true, .now = 1000000, .timer_at = INT64_MAX};
	p->o = (struct smtp_options){.hostname = VIEW("mx.example.org"), .starttls = true, .line_max = 2048,
		.recipients_max = 1000, .messages_max = 100, .errors_max = 20, .message_max = 50 << 20,
		.session_ms = 7200000, .idle_ms = 300000, .data_idle_ms = 180000, .proxy_wait_ms = 200000,
		.error_delay_ms = 1000};
	p->client = (struct smtp_client){.ip = {4, {192, 0, 2, 1}}, .port = 4711,
		.local_ip = {4, {192, 0, 2, 25}}, .local_port = 25};
	p->can = (struct ehlo){.has = EHLO_COMMON, .mechs = SASL_ALL};
	p->h = (struct smtp_host){.ctx = p, .send = host_send, .close = host_close, .timer = host_timer,
		.now = host_now, .wall = host_wall, .listed = host_listed, .own_domain = host_own_domain,
		.capabilities = host_capabilities, .can_secure = host_can_secure,
		.start_tls = host_start_tls, .judge = host_judge, .absorb = host_absorb, .relay = host_relay};
	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		buf_init(bufs[i], PLAY_MAX);
	p->a = arena_new();
}

void
smtp_play_done(struct smtp_play *p)
{
	struct buf *bufs[] = BUFS(p);

	if (p->s)
		smtp_session_gone(p->s, VIEW("it hung up"));
	if (p->kind != PLAY_NONE)
		settle(p);
	smtp_session_free(p->s);
	for (size_t i = 0; i < sizeof(bufs) / sizeof(*bufs); i++)
		buf_done(bufs[i]);
	arena_free(p->a);
}

/* Something moved: an answer was given, or a held reply let go. */
static bool
move(struct smtp_play *p)
{
	if (p->kind != PLAY_NONE) {
		settle(p);
		return true;
	}
	if (p->closed || p->timer_at - p->now > HOLD_MAX_MS)
		return false;
	if (p->timer_at > p->now && (size_t)(p->timer_at - p->now) > p->longest_ms)
		p->longest_ms = (size_t)(p->timer_at - p->now);
	p->now = p->timer_at > p->now ? p->timer_at : p->now;
	smtp_session_timer(p->s);
	return true;
}

/* Offers what has come until nothing moves. */
static void
pump(struct smtp_play *p)
{
	for (int rounds = 0; rounds < ROUNDS; rounds++) {
		size_t n = smtp_session_input(p->s, buf_view(&p->in));

		if (n > p->in.n)
			broken(p, "more is taken than was offered", buf_view(&p->in));
		buf_take(&p->in, n);
		if (!move(p) && (n == 0 || p->in.n == 0))
			return;
	}
	broken(p, "the session does not come to rest", buf_view(&p->in));
}

void
smtp_play_start(struct smtp_play *p)
{
	p->s = smtp_session_new(&p->o, &p->h, &p->client, p->implicit_tls);
	smtp_session_start(p->s);
	pump(p);
}

void
smtp_play_send(struct smtp_play *p, struct view bytes)
{
	size_t step = p->bytewise ? 1 : bytes.n;

	do {
		buf_add(&p->in, view_head(bytes, step));
		pump(p);
		bytes = view_skip(bytes, step);
	} while (bytes.n);
}

void
smtp_play_wait(struct smtp_play *p, int64_t ms)
{
	p->now += ms;
	if (p->timer_at <= p->now && !p->closed)
		smtp_session_timer(p->s);
	while (p->kind != PLAY_NONE)
		settle(p);
}

void
smtp_play_run(struct smtp_play *p, struct view client)
{
	struct view rest = client, part;

	smtp_play_start(p);
	while (view_split(&rest, '\f', &part))
		smtp_play_send(p, part);
}
