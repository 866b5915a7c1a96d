/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_state -- what the parts of front/smtp/smtp_session share: the session, and how it goes on.
 *
 * A part tells a reply (front/smtp/smtp_tell), asks something of the surroundings and names the step that
 * takes the answer (front/smtp/smtp_ask), or returns: then the next command is read. Steps run from one
 * loop in front/smtp/smtp_session, never from within each other, so an early answer is like a late one.
 */
#ifndef FRONT_SMTP_STATE_H
#define FRONT_SMTP_STATE_H

#include "front/smtp/smtp_session.h"
#include "mail/smtp/smtp_command.h"
#include "mail/smtp/smtp_data.h"
#include "mail/smtp/smtp_line.h"

/* What the client's bytes are. */
enum smtp_phase {
	SMTP_PHASE_PROXY,    /* a PROXY header */
	SMTP_PHASE_GREETING, /* too early */
	SMTP_PHASE_COMMAND,
	SMTP_PHASE_AUTH,     /* a line of an AUTH exchange */
	SMTP_PHASE_DATA,
	SMTP_PHASE_CHUNK,    /* of BDAT */
	SMTP_PHASE_CLOSED
};

/* What is waited for; no input is taken meanwhile. */
enum smtp_wait {
	SMTP_WAIT_NONE,
	SMTP_WAIT_TLS,
	SMTP_WAIT_JUDGE,
	SMTP_WAIT_ABSORB,
	SMTP_WAIT_RELAY,
	SMTP_WAIT_TIME
};

enum { SMTP_BLOCK = 16 * 1024 }; /* message bytes that are absorbed at once: a TLS record */

/* A message on its way in; lives in the message arena. */
struct smtp_incoming {
	struct smtp_data data;
	struct smtp_reply refusal; /* code 0: none. Nothing is absorbed any more, only read to its end */
	size_t n;
	char block[SMTP_BLOCK];
};

typedef void smtp_step(struct smtp_session *s);

struct smtp_session {
	const struct smtp_options *o;
	const struct smtp_host *h;
	enum smtp_phase phase;
	enum smtp_stage stage;
	enum smtp_wait wait;
	smtp_step *next;  /* after what is waited for; NULL: the next command */
	smtp_step *after; /* of smtp_envelope_drop */
	bool running;
	bool implicit_tls, xclient_allowed, refused; /* the greeting was 554 */
	bool drains, stale; /* ends when it may; its login is lost with the backend's connection */
	bool too_early;     /* an early line is not over: the rest goes too */
	bool judging, asked; /* engine, relay know of the transaction */
	bool mail_refused;   /* the last one: RCPT and DATA, pipelined behind it, are no junk */
	bool alone;         /* nothing may come behind this command before its reply (RFC 2920 3.1) */

	int64_t ends_at, idle_at; /* deadlines; idle_at counts only while nothing is waited for */
	int64_t wait_until;       /* SMTP_WAIT_TIME */
	int64_t timer_at;         /* what the host was told */
	int64_t delay_ms;         /* of the next reply */
	size_t unread;            /* bytes offered and not taken */
	unsigned errors, idle_commands, messages;

	struct smtp_client client;
	struct view told_helo;   /* XCLIENT HELO: counts instead of what the peer says of itself */
	bool told_proto;
	struct smtp_seen seen, told; /* told: to the engine, with the event under way */
	unsigned offered;        /* EHLO_* */
	unsigned mechs;          /* offered with AUTH */
	uint64_t size_max;       /* offered with SIZE */
	struct smtp_line line;

	struct arena *a;         /* of the command; NULL between commands */
	struct smtp_command *c;  /* lives in a */
	struct smtp_event event;
	struct relay_order order;
	struct view held;        /* the reply for SMTP_WAIT_TIME; lives in a */

	struct arena *transaction; /* from MAIL on; NULL: none */
	const struct smtp_command *mail;
	struct view first_rcpt;    /* for the trace field, while it is the only one */
	bool utf8;
	size_t recipients, refused_recipients;
	int code;                  /* of the answer to the message; 0: none */
	struct smtp_incoming *in;  /* NULL: no byte of the message is to come yet */
	uint64_t chunk_left;
	bool chunk_last;
	struct smtp_reply chunk_refusal; /* the chunk is out of order; code 0: it is not */
	struct relay_message message;

	struct sasl_name *login;   /* lives in a: the exchange is one command */
	struct smtp_reply in_place; /* of the backend's answer to a cancelled exchange */
	struct smtp_judged judged;
	struct relay_answer answer;
	enum smtp_absorbed absorbed;
};

#endif
