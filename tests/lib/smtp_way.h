/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_way -- a client's bytes all the way: front/smtp/smtp_session, front/smtp/smtp_relay, and a backend as careless as
 * one can be, which takes CR, LF and CRLF for line ends and a lone dot behind any of them for the end of a
 * message. Everything happens at once and in memory; every verdict is to pass.
 */
#ifndef TESTS_LIB_SMTP_WAY_H
#define TESTS_LIB_SMTP_WAY_H

#include "front/smtp/smtp_relay.h"
#include "front/smtp/smtp_session.h"

/* What a backend says in place of its answer. */
enum smtp_way_mood { WAY_FINE, WAY_LATER, WAY_NEVER, WAY_DOWN, WAY_GARBAGE, WAY_TWICE, WAY_LOST, WAY_SILENT, WAY_MOODS };

struct smtp_way {
	/* Set by the test between smtp_way_init and smtp_way_run. */
	struct smtp_options o;
	unsigned listed; /* 1 << enum smtp_list */
	bool chunking;   /* the backend has it */
	struct relay_terms terms;
	const uint8_t *moods; /* one an answer, over and over; n_moods 0: always fine */
	size_t n_moods;

	/* What came of it. */
	struct buf said;     /* to the client */
	struct buf commands; /* that the backend saw, each with LF */
	struct buf message;  /* the last that it took, line ends made CRLF */
	struct buf held;     /* the last that we took */
	size_t messages;     /* that the backend took */
	size_t handed;       /* that we handed over */
	size_t acknowledged; /* of these, 2xx was said to the client */
	bool differs;        /* a message that the backend took is not what we held */
	bool closed;

	/* Private. */
	struct smtp_session *s;
	struct smtp_relay *r;
	struct smtp_host host;
	struct relay_host relay_host;
	struct relay_client client;
	struct buf to_backend, from_backend, taking;
	enum { WAY_COMMAND, WAY_DATA, WAY_CHUNK } mode;
	uint64_t chunk;
	bool last, dialled, lost, timed;
	size_t mood;
	enum relay_verb verb;
};

void smtp_way_init(struct smtp_way *w);
void smtp_way_run(struct smtp_way *w, struct view client);
void smtp_way_done(struct smtp_way *w);

#endif
