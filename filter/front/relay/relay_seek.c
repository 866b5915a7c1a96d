/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_seek.h"

#include "front/relay/relay_body.h"
#include "front/relay/relay_envelope.h"
#include "front/relay/relay_wire.h"
#include "util/limits.h"
#include "util/limits_relay.h"

uint32_t
relay_seek_wanted(struct smtp_relay *r)
{
	enum relay_verb v = r->order->verb;

	if ((v == RELAY_RCPT || v == RELAY_MESSAGE) && !r->authenticated)
		return relay_envelope_among(r);
	return r->host.route(r->host.ctx, (struct view){NULL, 0});
}

static void
dial(struct smtp_relay *r)
{
	uint32_t left = r->among & ~r->tried;

	if (left == 0 || r->tries++ == RELAY_TRIES) {
		relay_wire_own(r, RELAY_REPLY_AWAY);
		return;
	}
	r->phase = RELAY_DIALLING;
	r->backend = r->host.pick(r->host.ctx, left);
	relay_wire_timer(r, RELAY_DIAL_MS);
	r->host.dial(r->host.ctx, r->backend);
}

void
relay_seek_start(struct smtp_relay *r)
{
	r->among = relay_seek_wanted(r);
	r->tried = 0;
	r->tries = 0;
	dial(r);
}

/* This backend does not get as far as MAIL. */
static void
next_backend(struct smtp_relay *r, enum relay_trouble what, struct view text)
{
	bool handshake = r->hello == RELAY_SHAKES_HANDS;

	relay_wire_trouble(r, handshake ? RELAY_NO_TLS : what, text);
	relay_wire_hang_up(r, false);
	if (handshake && r->terms->tls == RELAY_TLS_OPPORTUNISTIC)
		r->plain |= 1u << r->backend;
	else
		r->tried |= 1u << r->backend;
	dial(r);
}

static void
lost_in_transaction(struct smtp_relay *r, enum relay_trouble what, struct view text)
{
	bool again = what == RELAY_LOST && !relay_body_is_final(r) && r->envelope.redials++ == 0;

	relay_wire_trouble(r, what, text);
	relay_wire_hang_up(r, false);
	if (again && !relay_wire_is_over(r))
		relay_seek_start(r);
	else
		relay_wire_own(r, what == RELAY_GARBAGE ? RELAY_REPLY_GARBAGE : RELAY_REPLY_LOST);
}

bool
relay_seek_lost(struct smtp_relay *r, enum relay_trouble what, struct view text)
{
	switch (r->phase) {
	case RELAY_AWAY:
		return false;
	case RELAY_DIALLING:
	case RELAY_GREETING:
		next_backend(r, what, text);
		return false;
	case RELAY_ENVELOPE:
	case RELAY_CONTENT:
		lost_in_transaction(r, what, text);
		return false;
	case RELAY_EXCHANGE:
		relay_wire_trouble(r, what, text);
		relay_wire_hang_up(r, false);
		relay_wire_own(r, what == RELAY_GARBAGE ? RELAY_REPLY_GARBAGE : RELAY_REPLY_LOST);
		return false;
	case RELAY_READY:
	case RELAY_RESETTING:
		break;
	}
	if (what != RELAY_LOST)
		relay_wire_trouble(r, what, text);
	relay_wire_hang_up(r, false);
	return true;
}
