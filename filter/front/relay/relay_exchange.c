/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/relay/relay_exchange.h"

#include "front/relay/relay_wire.h"
#include "util/limits.h"
#include "util/limits_relay.h"

enum relay_step
relay_exchange_begin(struct smtp_relay *r)
{
	enum relay_verb v = r->order->verb;
	bool may = v == RELAY_LINE ? r->challenged
				   : r->caps.has & (v == RELAY_AUTH ? EHLO_AUTH : EHLO_ETRN);

	if (may && relay_wire_command(r, v == RELAY_ETRN ? "ETRN" : "", r->order->line)) {
		relay_wire_timer(r, RELAY_COMMAND_MS);
		return RELAY_WAIT;
	}
	r->result = relay_reply_own(v == RELAY_ETRN ? RELAY_REPLY_LACKS : RELAY_REPLY_AUTH);
	return RELAY_DONE;
}

enum relay_step
relay_exchange_reply(struct smtp_relay *r, const struct smtp_answer *a)
{
	bool auth = r->order->verb != RELAY_ETRN, more = auth && a->code == 334;

	r->what = a->code == 421 ? RELAY_LOST : RELAY_GARBAGE;
	if (a->code == 421 || (a->code / 100 == 3 && !more) ||
		(auth && a->code / 100 == 2 && a->code != 235) ||
		!relay_reply_clean(a, RELAY_BY_BACKEND, r->scratch, &r->result))
		return RELAY_BROKEN;
	r->challenged = more;
	r->authenticated |= a->code == 235;
	return RELAY_DONE;
}
