/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_body.h"

#include <stdio.h>

#include "front/relay/relay_reply.h"
#include "front/relay/relay_wire.h"
#include "util/limits.h"
#include "util/limits_relay.h"

enum { PIECE = 8192 };

static enum relay_step
broken(struct smtp_relay *r, enum relay_trouble what)
{
	r->what = what;
	return RELAY_BROKEN;
}

/* Asks for the next bytes: the caller does it when it has nothing else to do. */
static enum relay_step
more(struct smtp_relay *r)
{
	r->host.timer(r->host.ctx, RELAY_BLOCK_MS);
	r->pull = true;
	return RELAY_WAIT;
}

enum relay_step
relay_body_begin(struct smtp_relay *r)
{
	const struct relay_message *m = r->order->message;
	struct relay_body *b;

	relay_body_end(r);
	b = r->body = arena_new_of(r->envelope.a, struct relay_body);
	edited_message_init(&b->edited, m->trace, m->edits, r->envelope.a);
	buf_init(&b->out, RELAY_CHUNK_MAX);
	if (r->caps.has & EHLO_CHUNKING) {
		b->state = RELAY_CHUNKS;
		smtp_data_init_write_chunks(&b->writer);
		return more(r);
	}
	smtp_data_init_write(&b->writer);
	r->host.timer(r->host.ctx, RELAY_DATA_MS);
	relay_wire_command(r, "DATA", (struct view){NULL, 0});
	return RELAY_WAIT;
}

bool
relay_body_is_final(const struct smtp_relay *r)
{
	return r->body && r->body->state == RELAY_FINAL;
}

void
relay_body_end(struct smtp_relay *r)
{
	if (r->body)
		buf_done(&r->body->out);
	r->body = NULL;
	r->pull = false;
}

/* ---- bytes ---- */

static void
pass_on(struct smtp_relay *r, struct view bytes)
{
	if (r->body->state == RELAY_CHUNKS)
		buf_add(&r->body->out, bytes);
	else if (bytes.n)
		r->host.send(r->host.ctx, bytes);
}

static void
put(void *ctx, struct view piece)
{
	struct smtp_relay *r = ctx;
	char out[PIECE];

	while (piece.n) {
		size_t n = smtp_data_run(&r->body->writer, &piece, out, sizeof(out));

		pass_on(r, view_of(out, n));
	}
}

static void
finish(struct smtp_relay *r)
{
	char out[SMTP_DATA_STEP];

	pass_on(r, view_of(out, smtp_data_finish(&r->body->writer, out)));
}

static void
final(struct smtp_relay *r)
{
	r->body->state = RELAY_FINAL;
	r->host.timer(r->host.ctx, RELAY_FINAL_MS);
}

/* One at a time: ahead of their answers, one answer too many would be taken for that to the last. */
static enum relay_step
send_chunk(struct smtp_relay *r, bool last)
{
	struct relay_body *b = r->body;
	char size[40];

	snprintf(size, sizeof(size), "%zu%s", b->out.n, last ? " LAST" : "");
	relay_wire_command(r, "BDAT", view_str(size));
	if (b->out.n)
		r->host.send(r->host.ctx, buf_view(&b->out));
	buf_reset(&b->out);
	b->awaited = !last;
	if (last)
		final(r);
	else
		r->host.timer(r->host.ctx, RELAY_BLOCK_MS);
	return RELAY_WAIT;
}

enum relay_step
relay_body_pulled(struct smtp_relay *r, struct view bytes, bool last)
{
	struct relay_body *b = r->body;

	b->offset += bytes.n;
	edited_message_run(&b->edited, bytes, last, put, r);
	if (last)
		finish(r);
	if (b->out.over)
		return broken(r, RELAY_UNUSABLE);
	if (b->state == RELAY_CHUNKS)
		return b->out.n || last ? send_chunk(r, last) : more(r);
	if (!last)
		return more(r);
	final(r);
	return RELAY_WAIT;
}

/* ---- replies ---- */

/* The end of the message, good or bad, in the backend's words. */
static enum relay_step
result(struct smtp_relay *r, const struct smtp_answer *a, enum relay_step step)
{
	if (a->code / 100 == 3 || !relay_reply_clean(a, RELAY_BY_BACKEND, r->scratch, &r->result))
		return broken(r, RELAY_GARBAGE);
	return step;
}

/* A refusal before the end: there is no way back from within DATA, nor out of half a BDAT. */
static enum relay_step
early(struct smtp_relay *r, const struct smtp_answer *a)
{
	if (a->code == 421)
		return broken(r, RELAY_LOST);
	if (a->code < 400)
		return broken(r, RELAY_GARBAGE);
	return result(r, a, RELAY_DROPPED);
}

static enum relay_step
hears_chunk(struct smtp_relay *r, const struct smtp_answer *a)
{
	struct relay_body *b = r->body;

	if (a->code / 100 != 2 || !b->awaited)
		return early(r, a);
	b->awaited = false;
	return more(r);
}

enum relay_step
relay_body_reply(struct smtp_relay *r, const struct smtp_answer *a)
{
	switch (r->body->state) {
	case RELAY_ASKED:
		if (a->code == 421)
			return broken(r, RELAY_LOST);
		if (a->code / 100 == 2)
			return broken(r, RELAY_GARBAGE); /* accepts what it has not seen */
		if (a->code != 354)
			return result(r, a, RELAY_DONE);
		r->body->state = RELAY_DATA;
		return more(r);
	case RELAY_DATA:
		return early(r, a);
	case RELAY_CHUNKS:
		return hears_chunk(r, a);
	case RELAY_FINAL:
		break;
	}
	return result(r, a, a->code == 421 ? RELAY_DROPPED : RELAY_DONE);
}
