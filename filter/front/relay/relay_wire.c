/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_wire.h"

#include "front/relay/relay_body.h"
#include "front/relay/relay_envelope.h"
#include "util/limits.h"

/* ---- to the backend ---- */

static bool
is_line(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < ' ' || v.p[i] == 127)
			return false;
	return true;
}

bool
relay_wire_command(struct smtp_relay *r, const char *word, struct view argument)
{
	struct buf b;

	if (!is_line(argument) || argument.n > AUTH_LINE_MAX)
		return false;
	buf_init(&b, AUTH_LINE_MAX + 100);
	buf_str(&b, word);
	if (argument.p && *word)
		buf_byte(&b, ' ');
	buf_add(&b, argument);
	buf_str(&b, "\r\n");
	r->host.send(r->host.ctx, buf_view(&b));
	buf_done(&b);
	return true;
}

bool
relay_wire_next(struct smtp_relay *r, const struct buf *b, size_t *at)
{
	struct view rest = view_skip(buf_view(b), *at),
		    line = view_head(rest, view_find(rest, '\n') + 1);

	if (*at >= b->n)
		return false;
	*at += line.n;
	r->host.send(r->host.ctx, line);
	return true;
}

void
relay_wire_timer(struct smtp_relay *r, int64_t ms)
{
	r->host.timer(r->host.ctx, ms);
}

void
relay_wire_trouble(struct smtp_relay *r, enum relay_trouble what, struct view text)
{
	r->host.trouble(r->host.ctx, r->backend, what, text);
}

void
relay_wire_hang_up(struct smtp_relay *r, bool politely)
{
	bool connected = r->phase != RELAY_AWAY;

	relay_body_end(r);
	r->phase = RELAY_AWAY;
	r->hello = RELAY_SAYS_NOTHING;
	r->caps = (struct ehlo){0};
	r->tls = r->tls_verified = r->introduced = r->challenged = r->dirty = false;
	r->messages = 0;
	r->envelope.begun = false;
	if (connected) {
		relay_wire_timer(r, -1);
		r->host.hang_up(r->host.ctx, politely);
	}
}

/* ---- to the client's session ---- */

bool
relay_wire_is_over(const struct smtp_relay *r)
{
	return r->authenticated && r->phase == RELAY_AWAY &&
	       !(r->login_passes && r->client->login.p);
}

void
relay_wire_answer(struct smtp_relay *r, struct relay_answer a)
{
	r->order = NULL;
	r->host.answer(r->host.ctx, &a);
}

void
relay_wire_own(struct smtp_relay *r, enum relay_reply kind)
{
	enum relay_verb v = r->order->verb;
	struct relay_answer a =
		relay_reply_own(v == RELAY_AUTH || v == RELAY_LINE ? RELAY_REPLY_AUTH : kind);

	if (v == RELAY_MESSAGE)
		relay_envelope_close(&r->envelope);
	else
		relay_envelope_forget_new(r);
	a.over = relay_wire_is_over(r);
	relay_wire_answer(r, a);
}
