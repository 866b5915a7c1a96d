/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_script -- plays a written dialogue with front/smtp/smtp_relay: what it is told, and what it must do.
 *
 * One line each, in order. What it is told:
 *
 *	? rcpt bob@b.test [PARAMS]   an order; also: auth LINE, line LINE, etrn NAME, message, quarantine ADDRESS,
 *	                             reset, hello
 *	connected | lost | silence | secured | unverified | unreadable | freed
 *	S 250 one|250 two            lines of the backend, all in one piece; ` at its end: without CRLF
 *
 * What it must do, before it is told more:
 *
 *	dial 0 | tls | hang up | leave (politely) | trouble 0 lost
 *	C EHLO proxy.test            a line to the backend
 *	= 250 2.1.5 text             the answer; behind it (sender), (proxy), (over) where it is so
 *
 * Whenever an order is open and nothing is due from the surroundings, a time limit must be set.
 */
#ifndef TESTS_LIB_RELAY_SCRIPT_H
#define TESTS_LIB_RELAY_SCRIPT_H

#include "front/smtp/smtp_relay.h"

struct relay_script {
	const char *name, *text;
	struct relay_terms terms;
	const char *from, *from_params; /* NULL: "ann@a.test", none */
	const char *message;            /* NULL: "Subject: x\r\n\r\nbody\r\n" */
	size_t piece;                   /* bytes of it at once; 0 = all */
	bool stalled;                   /* its bytes never come */
	const struct edits *edits;
	unsigned backends;              /* 0 = 1; c.test is served by the second alone */
	bool stranger;                  /* the client said no HELO, and has no name, */
	bool unsure;                    /* or perhaps one */
	bool login;                     /* who logged in is known at once */
};

/* Fails the test with the line where they differ. */
void relay_script_play(const struct relay_script *s);

#endif
