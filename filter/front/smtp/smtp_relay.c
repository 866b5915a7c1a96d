/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_relay.h"

#include <stdlib.h>

#include "front/relay/relay_body.h"
#include "front/relay/relay_envelope.h"
#include "front/relay/relay_exchange.h"
#include "front/relay/relay_hello.h"
#include "front/relay/relay_reader.h"
#include "front/relay/relay_seek.h"
#include "front/relay/relay_wire.h"
#include "util/limits.h"
#include "util/limits_relay.h"
#include "util/log.h"

enum { LINES_MAX = 8192 };

static const struct view none;

static void work(struct smtp_relay *r);
static void stepped(struct smtp_relay *r, enum relay_step s, struct view text);

struct smtp_relay *
smtp_relay_new(const struct relay_host *h, const struct relay_client *c, struct view hostname)
{
	struct smtp_relay *r = calloc(1, sizeof(*r));

	if (!r)
		log_die("out of memory");
	r->host = *h;
	r->client = c;
	r->hostname = hostname;
	r->scratch = arena_new();
	relay_envelope_init(&r->envelope);
	buf_init(&r->lines, LINES_MAX);
	return r;
}

static void
release(struct smtp_relay *r)
{
	relay_body_end(r);
	relay_envelope_close(&r->envelope);
	buf_done(&r->lines);
	arena_free(r->scratch);
	free(r);
}

/* ---- one call from outside; the surroundings may answer from within, and free ---- */

static void
enter(struct smtp_relay *r)
{
	r->depth++;
}

static void
leave(struct smtp_relay *r)
{
	/* Here and not where it is wished for: pieces that come at once would pile up on the stack.
	 */
	while (r->depth == 1 && r->pull && !r->freed) {
		r->pull = false;
		r->body->pulling = true;
		r->host.pull(r->host.ctx, r->body->offset, RELAY_PULL);
	}
	if (--r->depth == 0 && r->freed)
		release(r);
}

/* With a word, where one may be said. */
static void
quit(struct smtp_relay *r)
{
	bool idle = r->phase == RELAY_READY || r->phase == RELAY_RESETTING;

	if (idle)
		relay_wire_command(r, "QUIT", none);
	relay_wire_hang_up(r, idle);
}

void
smtp_relay_free(struct smtp_relay *r)
{
	if (!r)
		return;
	enter(r);
	r->order = NULL;
	r->freed = true;
	quit(r);
	leave(r);
}

void
smtp_relay_connected(struct smtp_relay *r, const struct relay_terms *t)
{
	if (r->phase != RELAY_DIALLING)
		return;
	enter(r);
	r->phase = RELAY_GREETING;
	r->terms = t;
	relay_wire_timer(r, RELAY_HELLO_MS);
	stepped(r, relay_hello_begin(r), none);
	leave(r);
}

void
smtp_relay_secured(struct smtp_relay *r, bool verified)
{
	if (r->phase != RELAY_GREETING || r->hello != RELAY_SHAKES_HANDS)
		return;
	enter(r);
	stepped(r, relay_hello_secured(r, verified), none);
	leave(r);
}

static void
lost(struct smtp_relay *r, enum relay_trouble what, struct view text)
{
	if (relay_seek_lost(r, what, text))
		work(r);
}

void
smtp_relay_lost(struct smtp_relay *r)
{
	enter(r);
	lost(r, RELAY_LOST, none);
	leave(r);
}

void
smtp_relay_timer(struct smtp_relay *r)
{
	enter(r);
	lost(r, RELAY_SILENT, none);
	leave(r);
}

/* ---- orders ---- */

/* A connection is there, and idle. */
static void
serve(struct smtp_relay *r)
{
	switch (r->order->verb) {
	case RELAY_LINE:
	case RELAY_AUTH:
	case RELAY_ETRN:
		r->phase = RELAY_EXCHANGE;
		stepped(r, relay_exchange_begin(r), none);
		return;
	case RELAY_RCPT:
	case RELAY_MESSAGE:
		r->phase = RELAY_ENVELOPE;
		relay_wire_timer(r, RELAY_COMMAND_MS);
		stepped(r, relay_envelope_go(r), none);
		return;
	case RELAY_HELLO:
		relay_wire_answer(r, relay_reply_own(RELAY_REPLY_OK));
		return;
	case RELAY_RESET:
		return;
	}
}

/* This connection is the wrong one, or has passed as many messages as its backend wants (RFC 9422).
 */
static bool
used_up(struct smtp_relay *r)
{
	if (r->authenticated || r->challenged || r->envelope.begun)
		return false;
	return (r->caps.mail_max && r->messages >= r->caps.mail_max) ||
	       !(relay_seek_wanted(r) & 1u << r->backend);
}

/* The open order, if there is one and the connection is free for it. */
static void
work(struct smtp_relay *r)
{
	if (!r->order)
		return;
	if (r->phase == RELAY_READY && used_up(r))
		quit(r);
	if (r->phase == RELAY_READY)
		serve(r);
	else if (r->phase == RELAY_AWAY && (relay_wire_is_over(r) || r->order->verb == RELAY_LINE))
		relay_wire_own(r, RELAY_REPLY_LOST);
	else if (r->phase == RELAY_AWAY)
		relay_seek_start(r);
}

static void
order_rcpt(struct smtp_relay *r)
{
	const struct smtp_command *to = r->order->rcpt;
	uint32_t among =
		r->authenticated ? UINT32_MAX : r->host.route(r->host.ctx, to->address.domain);

	if (relay_envelope_add(r, r->order->mail, to, among))
		work(r);
	else
		relay_wire_answer(r, r->result);
}

static void
order_message(struct smtp_relay *r)
{
	const struct relay_message *m = r->order->message;

	if (r->envelope.failed) {
		relay_wire_own(r, RELAY_REPLY_CHANGED);
		return;
	}
	if (r->envelope.n && m->edits)
		relay_envelope_drop(r, m->edits);
	if (r->envelope.n && m->quarantine.p)
		relay_envelope_redirect(r, m->quarantine);
	if (r->envelope.n)
		work(r);
	else
		relay_wire_own(r, RELAY_REPLY_NOBODY);
}

/* The answer does not wait for the backend's: the next order does. */
static void
order_reset(struct smtp_relay *r)
{
	relay_envelope_close(&r->envelope);
	if (r->phase == RELAY_READY && r->dirty) {
		relay_wire_command(r, "RSET", none);
		r->phase = RELAY_RESETTING;
		relay_wire_timer(r, RELAY_COMMAND_MS);
	}
	relay_wire_answer(r, relay_reply_own(RELAY_REPLY_OK));
}

void
smtp_relay_order(struct smtp_relay *r, const struct relay_order *o)
{
	enter(r);
	r->order = o;
	switch (o->verb) {
	case RELAY_RCPT:
		order_rcpt(r);
		break;
	case RELAY_MESSAGE:
		order_message(r);
		break;
	case RELAY_RESET:
		order_reset(r);
		break;
	case RELAY_AUTH:
	case RELAY_LINE:
	case RELAY_ETRN:
	case RELAY_HELLO:
		work(r);
		break;
	}
	leave(r);
}

/* ---- what the parts say ---- */

static void
ready(struct smtp_relay *r)
{
	r->phase = RELAY_READY;
	relay_wire_timer(r, -1);
}

static void
envelope_told(struct smtp_relay *r)
{
	bool good = !r->envelope.failed;

	ready(r);
	if (r->order->verb == RELAY_RCPT) {
		relay_wire_answer(r, r->result);
	} else if (good) {
		r->phase = RELAY_CONTENT;
		stepped(r, relay_body_begin(r), none);
	} else {
		relay_wire_trouble(r, RELAY_UNUSABLE, none);
		relay_wire_own(r, r->order->message->quarantine.p ? RELAY_REPLY_NOT_HELD
								  : RELAY_REPLY_CHANGED);
	}
}

static void
message_told(struct smtp_relay *r)
{
	ready(r);
	relay_body_end(r);
	if (r->result.reply.code / 100 == 2) {
		r->dirty = false;
		r->messages++;
	}
	relay_envelope_close(&r->envelope);
	relay_wire_answer(r, r->result);
}

static void
done(struct smtp_relay *r)
{
	switch (r->phase) {
	case RELAY_GREETING:
		ready(r);
		work(r);
		return;
	case RELAY_ENVELOPE:
		envelope_told(r);
		return;
	case RELAY_CONTENT:
		message_told(r);
		return;
	case RELAY_EXCHANGE:
		ready(r);
		relay_wire_answer(r, r->result);
		return;
	default:
		return;
	}
}

/* The result counts, the connection does not. */
static void
dropped(struct smtp_relay *r)
{
	relay_wire_hang_up(r, false);
	if (r->order->verb == RELAY_MESSAGE)
		relay_envelope_close(&r->envelope);
	relay_wire_answer(r, r->result);
}

/* Text: the words that led to it. */
static void
stepped(struct smtp_relay *r, enum relay_step s, struct view text)
{
	if (s == RELAY_BROKEN)
		lost(r, r->what, text);
	else if (s == RELAY_DONE)
		done(r);
	else if (s == RELAY_DROPPED)
		dropped(r);
}

static void
was_reset(struct smtp_relay *r, const struct smtp_answer *a)
{
	if (a->code / 100 != 2) {
		lost(r, a->code == 421 ? RELAY_LOST : RELAY_GARBAGE, a->text);
		return;
	}
	r->dirty = false;
	ready(r);
	work(r);
}

/* ---- bytes of the backend ---- */

static void
hear(struct smtp_relay *r, const struct smtp_answer *a)
{
	struct view words = a->code >= 400 ? a->text : none;

	switch (r->phase) {
	case RELAY_GREETING:
		stepped(r, relay_hello_reply(r, a), words);
		return;
	case RELAY_EXCHANGE:
		stepped(r, relay_exchange_reply(r, a), words);
		return;
	case RELAY_RESETTING:
		was_reset(r, a);
		return;
	case RELAY_ENVELOPE:
		relay_wire_timer(r, RELAY_COMMAND_MS);
		stepped(r, relay_envelope_reply(r, a), words);
		return;
	case RELAY_CONTENT:
		stepped(r, relay_body_reply(r, a), words);
		return;
	default:
		return;
	}
}

/* Is that good to be passed on, though the connection is not? What is said of the whole message is
 * for good; a refusal before a farewell is what many servers say to a client that has tried too
 * often. */
static bool
counts(const struct smtp_relay *r, enum relay_heard how, const struct smtp_answer *a)
{
	if (a->code && relay_body_is_final(r))
		return true;
	if (how != RELAY_HEARD_FAREWELL || a->code < 400 || a->code == 421)
		return false;
	return r->phase == RELAY_EXCHANGE || r->phase == RELAY_CONTENT ||
	       (r->phase == RELAY_ENVELOPE && r->envelope.answered >= r->envelope.n_lines);
}

/* The backend said more than it was asked. */
static void
hear_last(struct smtp_relay *r, enum relay_heard how, const struct smtp_answer *a)
{
	enum relay_step s = RELAY_BROKEN;

	r->what = how == RELAY_HEARD_FAREWELL ? RELAY_LOST : RELAY_GARBAGE;
	if (counts(r, how, a) && r->phase == RELAY_EXCHANGE)
		s = relay_exchange_reply(r, a);
	else if (counts(r, how, a) && r->phase == RELAY_ENVELOPE)
		s = relay_envelope_reply(r, a);
	else if (counts(r, how, a))
		s = relay_body_reply(r, a);
	stepped(r, s == RELAY_DONE ? RELAY_DROPPED : s, a->text);
}

size_t
smtp_relay_input(struct smtp_relay *r, struct view bytes)
{
	size_t taken = 0, n = 1;

	enter(r);
	while (n > 0 && taken < bytes.n && !r->freed && r->phase > RELAY_DIALLING) {
		struct smtp_answer a;
		enum relay_heard heard = relay_reader_next(r, view_skip(bytes, taken), &n, &a);

		taken += n;
		if (heard == RELAY_HEARD_ANSWER)
			hear(r, &a);
		else if (heard != RELAY_HEARD_PART && heard != RELAY_HEARD_IGNORED)
			hear_last(r, heard, &a);
	}
	leave(r);
	return taken;
}

/* ---- the message ---- */

void
smtp_relay_pulled(struct smtp_relay *r, struct view bytes, bool last)
{
	if (!r->body || !r->body->pulling)
		return;
	enter(r);
	r->body->pulling = false;
	stepped(r, relay_body_pulled(r, bytes, last), none);
	leave(r);
}

void
smtp_relay_pull_failed(struct smtp_relay *r)
{
	if (!r->body || !r->body->pulling)
		return;
	enter(r);
	relay_wire_hang_up(r, false);
	relay_wire_own(r, RELAY_REPLY_SPOOL);
	leave(r);
}

bool
smtp_relay_busy(const struct smtp_relay *r)
{
	return r->order != NULL;
}

const struct ehlo *
smtp_relay_capabilities(const struct smtp_relay *r)
{
	return r->phase == RELAY_AWAY || r->phase == RELAY_DIALLING || r->phase == RELAY_GREETING
		       ? NULL
		       : &r->caps;
}
