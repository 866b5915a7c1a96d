/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/smtp/smtp_tell.h"

#include "front/smtp/smtp_ask.h"
#include "front/smtp/smtp_note.h"
#include "util/limits.h"

enum { WIRE_MAX = (SMTP_REPLY_LINES + 1) * (REPLY_TEXT_MAX + REPLY_LINE_MAX) };

static void
emit(struct smtp_session *s, struct view bytes)
{
	int64_t delay = s->delay_ms;

	s->delay_ms = 0;
	if (s->phase == SMTP_PHASE_CLOSED)
		return;
	s->seen.pipelining |= s->alone && s->unread;
	if (delay <= 0) {
		s->h->send(s->h->ctx, bytes);
		return;
	}
	s->held = arena_copy(s->a, bytes);
	smtp_ask_time(s, delay, s->next);
}

void
smtp_tell_held(struct smtp_session *s)
{
	struct view held = s->held;

	s->held = (struct view){NULL, 0};
	if (held.n)
		s->h->send(s->h->ctx, held);
}

void
smtp_tell_raw(struct smtp_session *s, struct view bytes)
{
	emit(s, bytes);
}

static void
wire(struct smtp_session *s, const struct smtp_reply *r)
{
	struct buf b;

	buf_init(&b, WIRE_MAX);
	smtp_reply_write(r, &b);
	emit(s, buf_view(&b));
	buf_done(&b);
}

void
smtp_tell_last(struct smtp_session *s, const struct smtp_reply *r)
{
	if (s->phase == SMTP_PHASE_CLOSED)
		return;
	s->delay_ms = 0;
	wire(s, r);
	s->phase = SMTP_PHASE_CLOSED;
	s->next = NULL;
	s->h->close(s->h->ctx);
}

void
smtp_tell_bye(struct smtp_session *s, int code, const char *enhanced, const char *text)
{
	struct smtp_reply r = {code, view_str(enhanced), view_str(text)};

	if (code >= 400 && s->phase != SMTP_PHASE_CLOSED)
		smtp_note_refused(s, (struct view){NULL, 0}, &r);
	smtp_tell_last(s, &r);
}

/* A client that errs on and on is slowed, then left. */
static bool
is_too_much(struct smtp_session *s)
{
	s->errors++;
	if (s->errors > s->o->errors_max / 2 && s->delay_ms < s->o->error_delay_ms)
		s->delay_ms = s->o->error_delay_ms;
	return s->errors >= s->o->errors_max;
}

void
smtp_tell_reply(struct smtp_session *s, const struct smtp_reply *r)
{
	struct smtp_reply said = *r;

	if (said.code == 421)
		said.code = 451;
	if (said.code >= 500 && is_too_much(s)) {
		smtp_tell_bye(s, 421, "4.7.0", "too many errors");
		return;
	}
	wire(s, &said);
}

void
smtp_tell(struct smtp_session *s, int code, const char *enhanced, const char *text)
{
	struct smtp_reply r = {code, view_str(enhanced), view_str(text)};

	smtp_tell_reply(s, &r);
}
