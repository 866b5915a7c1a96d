/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_smtp_relay -- what a backend may send, against a client that always does the same.
 *
 * First byte: TLS (bits 0, 1), identity (2-4), whether the message comes in pieces of one byte (5). Then what
 * the backend says, in pieces up to "\n"; a piece that is only "lost", "silent" or "secured" is that event.
 */
#include "front/smtp/smtp_relay.h"

#include <stdlib.h>

#include "util/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct world {
	struct smtp_relay *r;
	struct relay_terms terms;
	bool connected, dialled, shaking, open, piecewise, final, ended_cr;
	int64_t timer;
	unsigned orders, dials;
	uint64_t offset;
	bool pulling;
	struct buf in; /* came and was not taken */
};

static const struct view text = {"A: b\r\n\r\n.body\r\n", 15};

static unsigned
pick(void *ctx, uint32_t among)
{
	if (among == 0)
		abort();
	return (unsigned)__builtin_ctz(among);
}

static void
dial(void *ctx, unsigned backend)
{
	struct world *w = ctx;

	if (w->connected || w->dialled)
		abort();
	w->dialled = true;
	w->dials++;
}

/* Only whole lines, CR and LF in pairs only. */
static void
sent(void *ctx, struct view bytes)
{
	struct world *w = ctx;

	if (!w->connected || bytes.n == 0)
		abort();
	if (view_starts_nocase(bytes, "\r\n\r\n"))
		return; /* a PROXY header */
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n' ? !w->ended_cr : w->ended_cr)
			abort();
		w->ended_cr = bytes.p[i] == '\r';
	}
	if (view_ends_nocase(bytes, VIEW(".\r\n")) || view_search_nocase(bytes, VIEW(" LAST\r\n")) < bytes.n)
		w->final = true;
}

static void
start_tls(void *ctx)
{
	struct world *w = ctx;

	if (!w->connected || w->shaking)
		abort();
	w->shaking = true;
}

static void
hang_up(void *ctx, bool politely)
{
	struct world *w = ctx;

	w->connected = w->dialled = w->shaking = w->pulling = w->ended_cr = false;
	buf_reset(&w->in);
}

static void
timer(void *ctx, int64_t ms)
{
	struct world *w = ctx;

	w->timer = ms;
}

static void
pull(void *ctx, uint64_t offset, size_t n)
{
	struct world *w = ctx;

	if (!w->connected || offset > text.n)
		abort();
	w->offset = offset;
	w->pulling = true;
}

static uint32_t
route(void *ctx, struct view domain)
{
	return 3;
}

static void
trouble(void *ctx, unsigned backend, enum relay_trouble what, struct view words)
{
	if (backend > 1)
		abort();
}

static void
answer(void *ctx, const struct relay_answer *a)
{
	struct world *w = ctx;
	int class = a->reply.code / 100;

	if (!w->open || (class != 2 && class != 4 && class != 5 && a->reply.code != 334) || a->reply.code == 421)
		abort();
	for (size_t i = 0; i < a->reply.text.n; i++)
		if (a->reply.text.p[i] != '\n' && (a->reply.text.p[i] < ' ' || a->reply.text.p[i] > 126))
			abort();
	if (class != 2 && a->reply.code != 334 && a->reply.enhanced.p[0] - '0' != class)
		abort();
	w->open = false;
}

static void
event(struct world *w, struct view piece)
{
	bool lost = view_eq_str(piece, "lost\n"), silent = view_eq_str(piece, "silent\n");

	if (lost || silent) {
		w->connected = w->connected && silent;
		w->dialled = w->dialled && silent;
		lost ? smtp_relay_lost(w->r) : smtp_relay_timer(w->r);
	} else if (view_eq_str(piece, "secured\n") && w->shaking) {
		w->shaking = false;
		smtp_relay_secured(w->r, true);
	} else if (w->connected) {
		size_t taken;

		buf_add(&w->in, piece);
		taken = smtp_relay_input(w->r, buf_view(&w->in));
		if (w->in.n && taken > w->in.n)
			abort();
		buf_take(&w->in, taken < w->in.n ? taken : w->in.n);
	}
}

/* What the surroundings owe. */
static void
owe(struct world *w)
{
	for (int i = 0; i < 100 && (w->dialled || w->pulling); i++) {
		if (w->dialled) {
			w->dialled = false;
			w->connected = true;
			smtp_relay_connected(w->r, &w->terms);
		}
		if (w->pulling) {
			struct view rest = view_skip(text, (size_t)w->offset);
			struct view piece = view_head(rest, w->piecewise ? 1 : rest.n);

			w->pulling = false;
			smtp_relay_pulled(w->r, piece, piece.n == rest.n);
		}
	}
	if (w->open && w->timer <= 0)
		abort();
}

static void
next_order(struct world *w, struct relay_order *o, const struct relay_message *m)
{
	static const enum relay_verb verbs[] = {RELAY_AUTH, RELAY_LINE, RELAY_RCPT, RELAY_RCPT, RELAY_MESSAGE,
		RELAY_RCPT, RELAY_RESET, RELAY_RCPT, RELAY_MESSAGE, RELAY_ETRN, RELAY_RCPT, RELAY_MESSAGE};

	if (w->open || w->orders == sizeof(verbs) / sizeof(*verbs))
		return;
	o->verb = verbs[w->orders++];
	o->line = o->verb == RELAY_AUTH ? VIEW("AUTH LOGIN") : VIEW("YW5u");
	o->message = m;
	w->open = true;
	smtp_relay_order(w->r, o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct world w = {.timer = -1};
	struct relay_host h = {&w, pick, dial, sent, start_tls, hang_up, timer, pull, route, trouble, answer};
	struct relay_client c = {
		.port = 4000, .name = VIEW("mail.c1.test"), .helo = VIEW("c1.test"), .login = VIEW("ann")};
	struct smtp_command mail = {.mailbox = VIEW("ann@a.test"), .params = VIEW("BODY=8BITMIME RET=HDRS")},
			    rcpt = {.mailbox = VIEW("b@b.test"), .params = VIEW("NOTIFY=NEVER")};
	struct relay_message m = {.trace = VIEW("Received: x\r\n")};
	struct relay_order o = {.mail = &mail, .rcpt = &rcpt};
	struct view rest = view_of(data, n);
	unsigned first = n ? data[0] : 0;

	buf_init(&w.in, 1 << 20);
	ip_parse(VIEW("192.0.2.1"), &c.ip);
	w.terms = (struct relay_terms){first & 3, (first >> 2 & 7) % 6};
	w.piecewise = first & 32;
	w.r = smtp_relay_new(&h, &c, VIEW("proxy.test"));
	rest = view_skip(rest, 1);
	for (size_t i = 0; i < 40; i++)
		next_order(&w, &o, &m), owe(&w);
	while (rest.n) {
		struct view piece = view_head(rest, view_find(rest, '\n') + 1);

		rest = view_skip(rest, piece.n);
		event(&w, piece);
		owe(&w);
		next_order(&w, &o, &m);
		owe(&w);
	}
	/* Whatever it was, time ends it. */
	for (int i = 0; i < 20 && w.open; i++) {
		smtp_relay_timer(w.r);
		owe(&w);
	}
	if (w.open || smtp_relay_busy(w.r))
		abort();
	smtp_relay_free(w.r);
	buf_done(&w.in);
	return 0;
}
