/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_state -- what the parts of smtp_relay share.
 *
 * relay_hello (from the connection to the first MAIL), relay_exchange, relay_envelope and relay_body
 * are machines of their own: each is begun, is given replies, and says by enum relay_step how it
 * stands. What follows from that is decided in smtp_relay.c alone, and what follows from a lost
 * connection in relay_seek.c. relay_reader hears, relay_wire speaks.
 */
#ifndef FRONT_RELAY_STATE_H
#define FRONT_RELAY_STATE_H

#include "front/edited_message.h"
#include "front/smtp/smtp_relay.h"
#include "mail/smtp/smtp_answer.h"
#include "mail/smtp/smtp_data.h"

enum relay_phase {
	RELAY_AWAY, /* no connection */
	RELAY_DIALLING,
	RELAY_GREETING, /* and all up to the first MAIL */
	RELAY_READY,    /* nothing is awaited */
	RELAY_EXCHANGE, /* the reply to one command: AUTH, its lines, ETRN */
	RELAY_RESETTING,
	RELAY_ENVELOPE,
	RELAY_CONTENT
};

enum relay_step {
	RELAY_WAIT,   /* something is awaited */
	RELAY_DONE,   /* the part is over; its result is in the state */
	RELAY_BROKEN, /* `what` is the trouble: the connection cannot be used any more */
	RELAY_DROPPED /* the connection is of no use, though the result is good: as DONE */
};

struct relay_envelope {
	struct arena *a; /* of the transaction; NULL = none is open */
	struct relay_path {
		struct view mailbox, params; /* as mail/smtp/smtp_command has them */
	} mail, *rcpt;
	size_t n, cap;
	uint32_t among;              /* backends that serve all recipients */
	uint32_t asked;              /* and the last, which is not answered yet; 0 = all are answered */
	bool redirected;             /* to the quarantine address */
	bool failed;                 /* what had been accepted was refused when it was told again */
	struct relay_answer refusal; /* MAIL was refused: so are all recipients. code 0 = not */
	unsigned redials;
	/* Told to this connection: first RSET and XFORWARD (lines), then MAIL, then recipients. */
	bool begun;
	struct buf lines;
	size_t lines_at;
	unsigned n_lines, sent, answered;
	bool reset; /* the first line is RSET */
};

struct relay_body {
	enum { RELAY_ASKED, RELAY_DATA, RELAY_CHUNKS, RELAY_FINAL } state; /* ASKED: for 354 */
	struct edited_message edited;
	struct smtp_data writer;
	struct buf out; /* a chunk */
	uint64_t offset;
	bool awaited; /* the answer to a chunk that is not the last */
	bool pulling; /* bytes are on their way */
};

struct smtp_relay {
	struct relay_host host;
	const struct relay_client *client;
	struct view hostname;
	struct arena *scratch;           /* of one reply */
	const struct relay_order *order; /* NULL = none is open */
	enum relay_phase phase;
	unsigned depth; /* of calls from outside; freed by the outermost */
	bool freed;

	/* the connection */
	unsigned backend;
	const struct relay_terms *terms;
	struct ehlo caps;
	enum {
		RELAY_SAYS_NOTHING,
		RELAY_SAYS_EHLO,
		RELAY_SAYS_HELO,
		RELAY_SAYS_STARTTLS,
		RELAY_SHAKES_HANDS,
		RELAY_SAYS_XCLIENT
	} hello;
	bool tls, tls_verified, as_client; /* as_client: EHLO has the client's name */
	bool introduced;                   /* the backend knows who the client is */
	struct buf lines;                  /* XCLIENT */
	size_t lines_at;
	bool dirty;        /* a MAIL may be open there */
	bool challenged;   /* AUTH was answered 334 */
	uint32_t messages; /* passed on this connection */

	/* over connections */
	uint32_t among, tried; /* for the open order: may be dialled; were */
	uint32_t plain;        /* to be spoken to without TLS: the handshake failed */
	unsigned tries;
	bool authenticated; /* by AUTH */
	bool login_passes;  /* XCLIENT LOGIN can tell the next connection of it */

	struct relay_envelope envelope;
	struct relay_body *body; /* lives in the envelope's arena; NULL = none is on its way */
	bool pull;               /* bytes of the message are wanted */
	enum relay_trouble what; /* of RELAY_BROKEN */
	struct relay_answer result; /* of RELAY_DONE; lives in scratch, or is constant */
};

#endif
