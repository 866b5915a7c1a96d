/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_reply -- what the client hears of the backend: its own words made safe, and ours.
 */
#ifndef FRONT_RELAY_REPLY_H
#define FRONT_RELAY_REPLY_H

#include "front/relay/relay_order.h"
#include "mail/smtp/smtp_answer.h"

enum relay_reply {
	RELAY_REPLY_OK,
	RELAY_REPLY_AWAY,    /* no backend could be reached */
	RELAY_REPLY_LOST,    /* the connection, or no answer in time */
	RELAY_REPLY_GARBAGE, /* no sound answer */
	RELAY_REPLY_LACKS,   /* an extension that the client used */
	RELAY_REPLY_UTF8,
	RELAY_REPLY_REQUIRETLS,
	RELAY_REPLY_NO_ROUTE,  /* no backend serves the domain */
	RELAY_REPLY_ELSEWHERE, /* another one does */
	RELAY_REPLY_TOO_MANY,  /* recipients */
	RELAY_REPLY_CHANGED,   /* refused again what it had taken */
	RELAY_REPLY_NOBODY,    /* no recipient is left */
	RELAY_REPLY_NOT_HELD,  /* the quarantine address was refused */
	RELAY_REPLY_SPOOL,     /* the message cannot be read */
	RELAY_REPLY_AUTH       /* the exchange cannot go on */
};

/* RELAY_BY_PROXY; constant. */
struct relay_answer relay_reply_own(enum relay_reply kind);
/* 2xx, 4xx or 5xx of a backend: text as mail/smtp/smtp_reply makes it, a bare class ("5.0.0") for an
 * enhanced code that is missing; 421 becomes 451, since it is not we who leave. 334: text as it
 * came, or BAD. Lives in a. False: it cannot be passed on. */
bool relay_reply_clean(const struct smtp_answer *a, enum relay_source source, struct arena *arena,
	struct relay_answer *out);

#endif
