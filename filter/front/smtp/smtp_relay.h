/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_relay -- one client's conversation with a backend, as a state machine without I/O (RFC 5321,
 * 2920, 3030, 3207, 3461, 4954, XCLIENT, XFORWARD, PROXY protocol).
 *
 * Orders of the client's session (front/relay/relay_order.h) and bytes of the backend go in; answers and
 * commands come out through struct relay_host. It dials when an order needs a backend: greeting,
 * EHLO, STARTTLS, the client's identity, EHLO again. It keeps the envelope: a connection that is
 * lost before the end of the message was sent is dialled once more and told the envelope again,
 * which the client never notices; one lost afterwards is 451 4.4.2, and never repeated from here.
 * Nothing that a backend sends, or does not send, ends otherwise than in a reply of RFC 5321: a 4xx
 * when it is no sound answer.
 *
 * A pipelined second reply is never taken for the answer to a later command: a backend that says
 * more than it was asked is left, and dialled anew. Recipients that were answered 2xx and are
 * refused when the envelope is told again put the whole message off (451): none is lost.
 */
#ifndef FRONT_SMTP_RELAY_H
#define FRONT_SMTP_RELAY_H

#include "front/relay/relay_order.h"
#include "mail/smtp/ehlo.h"
#include "util/cidr.h"

enum relay_tls { RELAY_TLS_NONE, RELAY_TLS_OPPORTUNISTIC, RELAY_TLS_REQUIRED, RELAY_TLS_VERIFIED };
enum relay_identity {
	RELAY_IDENTITY_NONE,
	RELAY_IDENTITY_XCLIENT, /* a backend that does not offer it is not used */
	RELAY_IDENTITY_XFORWARD,
	RELAY_IDENTITY_PROXY_V1,
	RELAY_IDENTITY_PROXY_V2,
	RELAY_IDENTITY_TRANSPARENT
};
/* How one backend wants to be spoken to. */
struct relay_terms {
	enum relay_tls tls;
	enum relay_identity identity;
};

/* Whom the backend shall see. Kept, views too; may change between orders. */
struct relay_client {
	struct ip ip, local_ip; /* family 0: none */
	uint16_t port, local_port;
	struct view name;    /* that resolves back to its address; absent = none, or not known */
	struct view reverse; /* that its address claims by PTR; likewise */
	bool names_unsure;   /* of an absent one it is not known whether there is one */
	struct view helo;    /* absent = not said */
	bool esmtp;        /* it said EHLO */
	struct view login; /* absent = not authenticated */
};

enum { RELAY_BACKENDS_MAX = 32 }; /* a bit each */

/* Of a backend; what is said to the client is a 4xx in every case. */
enum relay_trouble {
	RELAY_LOST,        /* the connection ended, or 421 */
	RELAY_SILENT,      /* no answer in time */
	RELAY_REFUSED,     /* greeting, EHLO or HELO was no 2xx */
	RELAY_GARBAGE,     /* not SMTP, or more than was asked */
	RELAY_NO_TLS,      /* not offered, refused, or failed */
	RELAY_NO_IDENTITY, /* XCLIENT is not offered, or refused */
	RELAY_UNUSABLE     /* it refused what it had taken, or the quarantine address */
};

/* Hang_up ends everything that was asked for before it: no smtp_relay_connected, _secured or
 * _pulled of the earlier connection comes any more. */
struct relay_host {
	void *ctx;
	unsigned (*pick)(void *ctx, uint32_t among); /* the best of these; never called with 0 */
	void (*dial)(void *ctx, unsigned backend);   /* smtp_relay_connected or smtp_relay_lost */
	void (*send)(void *ctx, struct view bytes);  /* to the backend, in order; copies */
	void (*start_tls)(void *ctx); /* what has come is dropped; smtp_relay_secured */
	/* Closes the connection; politely: once what was sent has left. */
	void (*hang_up)(void *ctx, bool politely);
	/* smtp_relay_timer in ms, instead of what was asked for before; -1 = not. */
	void (*timer)(void *ctx, int64_t ms);
	/* Up to n bytes of the held message from offset, once what was sent has left:
	 * smtp_relay_pulled. */
	void (*pull)(void *ctx, uint64_t offset, size_t n);
	/* Backends that serve this domain (in normal form; absent: for AUTH, ETRN, and recipients
	 * without domain); 0 = none. */
	uint32_t (*route)(void *ctx, struct view domain);
	/* Text: the backend's words, perhaps absent, as they came: never to be written without a
	 * writer. */
	void (*trouble)(void *ctx, unsigned backend, enum relay_trouble what, struct view text);
	void (*answer)(void *ctx, const struct relay_answer *a);
};

struct smtp_relay;

/* Hostname: ours, for EHLO where the client's name is not to be shown. All kept. gives */
struct smtp_relay *smtp_relay_new(
	const struct relay_host *h, const struct relay_client *c, struct view hostname);
/* Hangs up, with QUIT where nothing is under way; an open order is not answered. NULL is legal. */
void smtp_relay_free(struct smtp_relay *r);

void smtp_relay_order(struct smtp_relay *r, const struct relay_order *o);

void smtp_relay_connected(struct smtp_relay *r, const struct relay_terms *t); /* t is kept */
/* All bytes that came and were not taken: returns how many it takes now. */
size_t smtp_relay_input(struct smtp_relay *r, struct view bytes);
void smtp_relay_secured(struct smtp_relay *r, bool verified);
void smtp_relay_lost(struct smtp_relay *r); /* also: cannot be reached; the handshake failed */
void smtp_relay_timer(struct smtp_relay *r);
/* Any number up to what was asked for; none only with `last`, the end of the message. */
void smtp_relay_pulled(struct smtp_relay *r, struct view bytes, bool last);
void smtp_relay_pull_failed(struct smtp_relay *r); /* the spool cannot be read */

/* An order is open. */
bool smtp_relay_busy(const struct smtp_relay *r);
/* What the backend announced to this client; NULL = not connected. Valid until the machine's next
 * call. */
const struct ehlo *smtp_relay_capabilities(const struct smtp_relay *r);

#endif
