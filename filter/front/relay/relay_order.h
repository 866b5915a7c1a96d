/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_order -- what a client's session asks of the backend, and what comes back: plain values
 * that front/smtp/smtp_session and front/smtp/smtp_relay share.
 *
 * One order at a time, each answered exactly once, perhaps from within the call that gave it. There
 * is no order for MAIL: the sender comes with every recipient, and the first recipient since the
 * last RELAY_MESSAGE or RELAY_RESET begins the transaction; so a backend is dialled for that, for
 * RELAY_AUTH and for RELAY_ETRN only.
 */
#ifndef FRONT_RELAY_ORDER_H
#define FRONT_RELAY_ORDER_H

#include "engine/session.h"
#include "mail/smtp/smtp_command.h"

enum relay_verb {
	RELAY_AUTH,    /* `line`: "AUTH mechanism [initial response]" as the client wrote it */
	RELAY_LINE,    /* `line`: the client's next line of that exchange, after an answer of 334 */
	RELAY_ETRN,    /* `line`: its argument */
	RELAY_RCPT,    /* `mail`, `rcpt` */
	RELAY_MESSAGE, /* `message`: to those recipients that were answered 2xx */
	RELAY_RESET,   /* forgets the envelope; answered 250 at once, without dialling */
	RELAY_HELLO    /* only connects and greets, as a health check does; answered 250 or 4xx */
};

struct relay_message {
	struct view trace; /* our Received: whole fields, each ended by CRLF, put in front */
	/* Fields put in front and left out, recipients dropped, by their mailbox
	 * (mail/smtp/smtp_command), with or without <>. NULL = none. */
	const struct edits *edits;
	/* Not absent: goes to this address alone instead of the recipients (without <>). */
	struct view quarantine;
};

/* Views and pointers stay valid until the answer. */
struct relay_order {
	enum relay_verb verb;
	struct view line; /* without line end */
	const struct smtp_command *mail; /* the transaction's */
	const struct smtp_command *rcpt;
	const struct relay_message *message;
};

enum relay_source {
	RELAY_BY_BACKEND, /* the backend's own answer to this very command */
	RELAY_BY_SENDER,  /* RELAY_RCPT: what it said to MAIL: tells nothing about the recipient */
	RELAY_BY_PROXY    /* ours: no backend, a broken one, the wrong one */
};

/* Valid until relay's next call. The reply is ready to be written: code 2xx, 334 or 4xx-5xx,
 * enhanced code absent where the backend gave none (AUTH 334), text printable ASCII, '\n' between
 * its lines. */
struct relay_answer {
	struct smtp_reply reply;
	enum relay_source source;
	/* The connection that AUTH was done on is lost, and with it who the client is: say the
	 * reply (a 4xx), then 421 to whatever follows. */
	bool over;
};

#endif
