/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_message.h"

#include "front/smtp/smtp_ask.h"
#include "front/smtp/smtp_envelope.h"
#include "front/smtp/smtp_note.h"
#include "front/smtp/smtp_tell.h"
#include "mail/trace_field.h"

enum { TRACE_MAX = 8192 };

/* ---- its end ---- */

static void
leave(struct smtp_session *s)
{
	smtp_tell_bye(s, 554, "5.5.0", "commands behind a message, and PIPELINING was not offered");
}

static void
over(struct smtp_session *s)
{
	bool lost = s->unread && !(s->offered & EHLO_PIPELINING);

	smtp_envelope_drop(s, s->code, lost ? leave : NULL);
}

static void
told(struct smtp_session *s, int code)
{
	s->code = code;
	if (code / 100 == 2)
		s->errors = s->idle_commands = 0;
	s->next = over;
}

static struct view
trace_field(struct smtp_session *s)
{
	const struct smtp_client *c = &s->client;
	struct trace_field t = {.helo = c->helo,
		.name = c->name.p ? c->name : s->judged.names.verified, .ip = c->ip,
		.by = s->o->hostname, .id = s->judged.id, .esmtp = c->esmtp, .tls = c->tls,
		.auth = c->login.p != NULL, .utf8 = s->utf8, .tls_version = c->tls_version,
		.tls_cipher = c->tls_cipher, .now = s->h->wall(s->h->ctx)};
	struct view all;
	struct buf b;

	if (s->recipients == 1)
		t.rcpt = s->first_rcpt;
	buf_init(&b, TRACE_MAX);
	buf_str(&b, "Received: ");
	trace_field_write(&t, &b);
	buf_str(&b, "\r\n");
	all = arena_copy(s->transaction, buf_view(&b));
	buf_done(&b);
	return all;
}

static void
handed_over(struct smtp_session *s)
{
	s->asked = false;
	s->stale |= s->answer.over;
	smtp_tell_reply(s, &s->answer.reply);
	told(s, s->answer.reply.code);
}

static void
hand_over(struct smtp_session *s, struct view quarantine)
{
	s->message = (struct relay_message){
		.trace = trace_field(s), .edits = s->judged.edits, .quarantine = quarantine};
	smtp_ask_order(s, RELAY_MESSAGE)->message = &s->message;
	smtp_ask_relay(s, handed_over);
}

static void
end_judged(struct smtp_session *s)
{
	const struct verdict *v = s->judged.verdict;
	enum verdict_kind kind = v ? v->kind : VERDICT_NONE;

	if (smtp_ask_refused(s)) {
		told(s, v->reply.code);
	} else if (kind == VERDICT_DISCARD) {
		smtp_tell(s, 250, "2.0.0", "ok");
		told(s, 250);
	} else if (kind != VERDICT_QUARANTINE) {
		hand_over(s, (struct view){NULL, 0});
	} else if (s->o->quarantine_address.p) {
		hand_over(s, s->o->quarantine_address);
	} else {
		smtp_tell(s, 451, "4.3.5", "no place for quarantine is set");
		told(s, 451);
	}
}

static void
conclude(struct smtp_session *s)
{
	if (s->in->refusal.code) {
		smtp_tell_reply(s, &s->in->refusal);
		told(s, s->in->refusal.code);
		return;
	}
	smtp_ask_event(s, SMTP_EVENT_END);
	smtp_ask_judge(s, end_judged);
}

/* ---- its bytes ---- */

static void
refuse(struct smtp_session *s, int code, const char *enhanced, const char *text)
{
	bool first = !s->in->refusal.code;

	s->in->refusal = (struct smtp_reply){code, view_str(enhanced), view_str(text)};
	if (first)
		smtp_note_refused(s, (struct view){NULL, 0}, &s->in->refusal);
}

static void
examine(struct smtp_session *s)
{
	const struct smtp_data *d = &s->in->data;

	s->seen.bare_newline = d->bare_lf || d->bare_cr;
	if (s->seen.bare_newline && s->o->refuse_bare_newline &&
		!s->h->listed(s->h->ctx, SMTP_LIST_BARE_NEWLINE, &s->client.ip))
		refuse(s, 550, "5.5.2", "a line of the message ends in a bare CR or LF");
	if (d->bytes > s->size_max)
		refuse(s, 552, "5.3.4", "the message is larger than we take");
}

static void
note_absorbed(struct smtp_session *s)
{
	if (s->absorbed == SMTP_ABSORB_FULL)
		refuse(s, 452, "4.3.1", "no room for the message at the moment");
	else if (s->absorbed == SMTP_ABSORB_FAILED)
		refuse(s, 451, "4.3.0", "the message cannot be stored at the moment");
}

static void
data_absorbed(struct smtp_session *s)
{
	note_absorbed(s);
	if (s->in->data.ended)
		conclude(s);
}

static void
read_data(struct smtp_session *s, struct view *input)
{
	struct smtp_incoming *in = s->in;

	in->n = smtp_data_run(&in->data, input, in->block, sizeof(in->block));
	examine(s);
	if (in->data.ended) {
		s->phase = SMTP_PHASE_COMMAND;
		s->alone = !(s->offered & EHLO_PIPELINING);
	}
	if (!in->refusal.code && (in->n || in->data.ended))
		smtp_ask_absorb(s, view_of(in->block, in->n), in->data.ended, data_absorbed);
	else if (in->data.ended)
		s->next = conclude;
}

/* ---- DATA ---- */

static void
begin(struct smtp_session *s)
{
	s->in = arena_new_of(s->transaction, struct smtp_incoming);
}

static void
data_judged(struct smtp_session *s)
{
	if (smtp_ask_refused(s))
		return;
	begin(s);
	smtp_data_init_read(&s->in->data);
	s->phase = SMTP_PHASE_DATA;
	smtp_tell(s, 354, "", "go on, and end with a dot alone on a line");
}

void
smtp_message_data(struct smtp_session *s)
{
	smtp_ask_event(s, SMTP_EVENT_DATA);
	smtp_ask_judge(s, data_judged);
}

/* Where there is no recipient (RFC 2920 3.1: DATA may come before the answers to RCPT are known). */
static struct smtp_reply
disorder(const struct smtp_session *s)
{
	if (s->refused_recipients)
		return (struct smtp_reply){554, VIEW("5.5.1"), VIEW("no valid recipients")};
	return (struct smtp_reply){503, VIEW("5.5.1"), VIEW("send RCPT first")};
}

bool
smtp_message_may_data(struct smtp_session *s)
{
	struct smtp_reply r = disorder(s);

	if (s->recipients == 0)
		smtp_tell_reply(s, &r);
	return s->recipients > 0;
}

/* ---- BDAT ---- */

static void chunk_step(struct smtp_session *s);

static void
last_absorbed(struct smtp_session *s)
{
	note_absorbed(s);
	conclude(s);
}

static void
end_chunk(struct smtp_session *s)
{
	struct smtp_incoming *in = s->in;

	s->phase = SMTP_PHASE_COMMAND;
	if (s->chunk_refusal.code) {
		smtp_tell_reply(s, &s->chunk_refusal);
	} else if (s->chunk_last && in->refusal.code) {
		conclude(s);
	} else if (s->chunk_last) {
		in->n = smtp_data_finish(&in->data, in->block);
		smtp_ask_absorb(s, view_of(in->block, in->n), true, last_absorbed);
	} else if (in->refusal.code) {
		smtp_tell_reply(s, &in->refusal);
	} else {
		smtp_tell(s, 250, "2.0.0", "chunk taken");
	}
}

static void
chunk_absorbed(struct smtp_session *s)
{
	note_absorbed(s);
	chunk_step(s);
}

static void
chunk_step(struct smtp_session *s)
{
	if (s->chunk_left == 0)
		end_chunk(s);
}

static void
read_chunk(struct smtp_session *s, struct view *input)
{
	struct smtp_incoming *in = s->in;
	struct view part = view_head(*input, s->chunk_left < input->n ? (size_t)s->chunk_left : input->n);
	size_t n = part.n;
	bool dropped = true;

	if (s->chunk_refusal.code) {
		part.n = 0;
	} else {
		in->n = smtp_data_run(&in->data, &part, in->block, sizeof(in->block));
		examine(s);
		dropped = in->refusal.code != 0;
	}
	n -= part.n;
	*input = view_skip(*input, n);
	s->chunk_left -= n;
	if (!dropped && in->n)
		smtp_ask_absorb(s, view_of(in->block, in->n), false, chunk_absorbed);
	else
		s->next = chunk_step;
}

static void
chunk_judged(struct smtp_session *s)
{
	const struct verdict *v = s->judged.verdict;

	s->delay_ms = s->judged.tarpit_ms;
	if (v && (v->kind == VERDICT_REJECT || v->kind == VERDICT_DEFER || v->kind == VERDICT_GREYLIST))
		s->in->refusal = (struct smtp_reply){v->reply.code,
			arena_copy(s->transaction, v->reply.enhanced), arena_copy(s->transaction,
				v->reply.text)};
	chunk_step(s);
}

/* The bytes of a chunk that is out of order are no commands either. */
void
smtp_message_bdat(struct smtp_session *s)
{
	s->phase = SMTP_PHASE_CHUNK;
	s->chunk_left = s->c->chunk;
	s->chunk_last = s->c->last;
	s->chunk_refusal.code = 0;
	s->next = chunk_step;
	if (!(s->offered & EHLO_CHUNKING)) {
		s->chunk_refusal = (struct smtp_reply){502, VIEW("5.5.1"), VIEW("CHUNKING is not offered")};
	} else if (s->recipients == 0) {
		s->chunk_refusal = disorder(s);
	} else if (s->stage == SMTP_STAGE_RCPT) {
		begin(s);
		smtp_data_init_read_chunks(&s->in->data);
		s->stage = SMTP_STAGE_BDAT;
		smtp_ask_event(s, SMTP_EVENT_DATA);
		smtp_ask_judge(s, chunk_judged);
	}
}

void
smtp_message_input(struct smtp_session *s, struct view *input)
{
	if (s->phase == SMTP_PHASE_DATA)
		read_data(s, input);
	else
		read_chunk(s, input);
	s->unread = input->n;
}
