/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_play -- plays a dialogue with front/smtp/smtp_session before scripted surroundings, and watches the rules
 * that hold for every dialogue: one request at a time, none after the end, replies well-formed and one for
 * each command, what is ordered free of the client's line ends, one message for one DATA.
 *
 * The client's bytes are parted by form feeds: what stands behind one is sent when all before it is done.
 * Requests are written down, a line each:
 *	connect IP | helo NAME | mail PATH | rcpt PATH | answered PATH yes|no|unknown taken|lost | data | end |
 *	over CODE | absorb | tls | > rcpt FROM PARAMS, TO PARAMS | > message QUARANTINE | > reset | > auth LINE |
 *	> line LINE | > etrn LINE
 * "absorb" is not written down. An answer is what stands in the script beside the first part of a request:
 *	reject|defer|greylist CODE ENHANCED TEXT, accept, discard, quarantine, tarpit MS, full, failed;
 *	[sender|proxy|over ]CODE ENHANCED TEXT of a backend.
 * Without one: pass, absorbed, 235 for AUTH with an initial response and for its lines, else 334, and 250.
 */
#ifndef TESTS_LIB_SMTP_PLAY_H
#define TESTS_LIB_SMTP_PLAY_H

#include "front/smtp/smtp_session.h"

struct smtp_play_answer {
	const char *request, *answer;
};

struct smtp_play {
	/* Set by the test between smtp_play_init and smtp_play_run. */
	struct smtp_options o;
	struct smtp_client client;
	bool implicit_tls;
	unsigned listed;    /* 1 << enum smtp_list: the client is in it */
	bool healthy;       /* capabilities are known */
	bool busy;          /* there is no thread for a handshake */
	struct ehlo can;
	const struct smtp_play_answer *script; /* ends with a NULL request */
	const char *(*answer)(struct smtp_play *p, const char *request); /* instead of the script; NULL */
	void *ctx;
	bool late;          /* answers come from without the call */
	bool bytewise;

	/* What came of it. */
	struct buf out;     /* to the client */
	struct buf codes;   /* of it: "220 250:2.1.0 ... closed" */
	struct buf asked;
	struct buf message; /* of the last message handed to the backend or judged at its end: as absorbed */
	struct buf trace;   /* of the last message handed over */
	char broken[200];   /* the rule that was broken; "" = none */
	bool closed;
	size_t messages;    /* handed over */
	size_t longest_ms;  /* the longest reply was held */

	/* Private. */
	struct smtp_session *s;
	struct smtp_host h;
	int64_t now, timer_at;
	struct buf pending; /* the open request; empty: none */
	enum { PLAY_NONE, PLAY_JUDGE, PLAY_ABSORB, PLAY_RELAY, PLAY_TLS } kind;
	struct buf absorbing;
	struct buf in;      /* of the client, not taken yet */
	struct view part;
	bool auth_line;
	struct arena *a;
	struct smtp_reply reply;
	struct verdict verdict;
};

/* mx.example.org; own domain example.org; the backend can do everything; limits of postern.conf(5). */
void smtp_play_init(struct smtp_play *p);
/* The whole dialogue up to where the session waits for the client. */
void smtp_play_run(struct smtp_play *p, struct view client);
void smtp_play_done(struct smtp_play *p);

/* In steps: connects; gives bytes, answers and runs held replies until nothing moves; lets time pass. */
void smtp_play_start(struct smtp_play *p);
void smtp_play_send(struct smtp_play *p, struct view bytes);
void smtp_play_wait(struct smtp_play *p, int64_t ms);

#endif
