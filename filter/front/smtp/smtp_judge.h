/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_judge -- one client's side of the engine: events of its dialogue become those of the engine, and the
 * bytes of a message go to the spool and, field by field, to the engine.
 *
 * Unless it is said to be light, it is work for a thread of the pool: it may take long, and wait for the
 * store. It never waits for DNS: then a function says so, and smtp_judge_resume goes on with it.
 */
#ifndef FRONT_SMTP_JUDGE_H
#define FRONT_SMTP_JUDGE_H

#include "front/smtp/smtp_session.h"
#include "io/spool.h"
#include "mail/header_stream.h"

struct smtp_judge {
	struct engine *engine;
	struct view listener;
	void (*wake)(void *ctx); /* as session_client.wake */
	void *wake_ctx;
	unsigned connections;    /* of the client's address */
	bool delivered;          /* the message, and its client has gone: smtp_judge_done tells the engine */
	bool unjudged;           /* the message: it is kept, and the engine hears nothing of it */
	struct smtp_judged judged; /* the last event's; lives until the next event */
	struct verdict refusal;  /* at the end of the header; kept until the end of the message */
	enum smtp_absorbed absorbed;
	bool ended;              /* the end of the message is judged */
	/* private */
	struct session *session;
	struct header_stream header;
	struct buf name, field;  /* the field under way, and its value */
	bool in_field;
	struct view first, rest; /* of the body: what waits while the end of the header is judged */
	const struct smtp_event *end; /* of the message whose last bytes are absorbed; NULL: there are more */
	bool in_body, refused, absorbing;
};

/* Engine and listener are kept. */
void smtp_judge_init(struct smtp_judge *j, struct engine *engine, struct view listener,
	void (*wake)(void *ctx), void *wake_ctx);
void smtp_judge_done(struct smtp_judge *j);

/* Each returns false if it waits for DNS: call smtp_judge_resume after each wake and at smtp_judge_deadline,
 * until it returns true. What is borrowed must stay until then. */
bool smtp_judge_event(struct smtp_judge *j, const struct smtp_event *e); /* j->judged */
/* j->absorbed. Spool NULL: the message is not kept. End, not NULL: these are the last bytes, and if they are
 * absorbed, and the engine hears of it, that event is judged too: j->judged, and j->ended is set. */
bool smtp_judge_absorb(
	struct smtp_judge *j, struct spool *spool, struct view bytes, const struct smtp_event *end);
bool smtp_judge_resume(struct smtp_judge *j);

/* These take no time, and with spool NULL never wait: they may be called on a loop. */
bool smtp_judge_is_light(struct smtp_judge *j, const struct smtp_event *e);
bool smtp_judge_absorbs_lightly(struct smtp_judge *j, const struct smtp_event *end);
bool smtp_judge_is_done_lightly(const struct smtp_judge *j);

bool smtp_judge_is_open(const struct smtp_judge *j); /* the engine knows of the client */
int64_t smtp_judge_deadline(const struct smtp_judge *j); /* clock_mono_ms */

#endif
