/* SPDX-License-Identifier: BSD-2-Clause
 *
 * client_state -- what the parts of front/smtp/client_link share: one client.
 */
#ifndef FRONT_CLIENT_STATE_H
#define FRONT_CLIENT_STATE_H

#include "front/smtp/client_link.h"
#include "front/smtp/smtp_judge.h"

enum client_task { CLIENT_JUDGE, CLIENT_ABSORB, CLIENT_RESUME, CLIENT_BURY };

struct client_link {
	LIST_ENTRY(client_link) link;
	struct client_loop *l;
	struct stream *stream; /* NULL: closed */
	struct smtp_host host;
	struct smtp_session *s;
	struct smtp_judge judge;
	struct spool *spool;       /* NULL: no message */
	struct backend_link *relay; /* NULL: not needed yet */
	unsigned relays;            /* that are not gone yet */
	struct relay_client client; /* for the backend */
	struct admission_pass pass;
	struct loop_timer timer, patience; /* the dialogue's; the engine's */
	struct loop_task wake;

	struct pool_job job;
	enum client_task task;
	bool finished;            /* the job's answer */
	const struct smtp_event *event;
	struct view bytes;
	bool kept;                /* by the spool */
	const struct smtp_event *end; /* of the message whose last bytes they are; NULL: there are more */

	bool working;             /* the job is in the pool */
	bool asleep;              /* the engine waits for answers of the DNS */
	bool woken;               /* one came while the job ran */
	bool settling, burying;
	bool dead;                /* nothing of it is under way: only its memory is to go */
	bool unjudged;            /* the transaction: it began, or went on, while judging was off */
	struct verdict refusal;   /* ours */
	enum relay_verb verb;     /* of the order under way */
};

/* After each event: offers input to the dialogue, and buries the client when it has gone. */
void client_link_settle(struct client_link *c);

#endif
