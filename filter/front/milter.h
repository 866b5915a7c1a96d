/* SPDX-License-Identifier: BSD-2-Clause
 *
 * milter -- the front-end for Postfix and Sendmail, on libmilter.
 *
 * Translates protocol 2 to 6 into the engine's session events, and verdicts into replies, header changes
 * and removed recipients. One worker process serves one listener: libmilter keeps one static listener a
 * process, its callbacks carry no context, and it cannot drain; front/milter_socket.h works around that.
 * The functions beside milter_serve are called from the worker's control thread.
 *
 * Local submission and other clients without an IP address are sessions without a client address.
 */
#ifndef FRONT_MILTER_H
#define FRONT_MILTER_H

#include "engine/session.h"

struct milter_options {
	struct engine *engine;    /* kept */
	const char *name;         /* of the listener, for rules that read `listener` */
	int listen_fd;            /* bound and listening; taken over */
	const char *work_dir;     /* writable: for a throwaway socket */
	size_t sessions_max;      /* callbacks that may wait at once; beyond: 451 4.3.2 */
	bool connect_replies, helo_replies, data_replies, header_replies; /* a rule decides at that stage */
	bool off;                 /* pass everything unjudged */
};

/* Prepares libmilter on the listener; nothing is accepted yet. 0, or -1 with errno. */
int milter_open(const struct milter_options *o);
/* Serves until the process ends. Returns only if libmilter fails. */
int milter_serve(void);

/* Accepts nothing more and ends the process with status 0 when the last session has gone. */
void milter_drain(void);
/* Answers every further callback with a temporary failure, and ends the process soon. */
void milter_end(void);
void milter_set_off(bool off);

struct milter_counters {
	uint64_t connections, open, overloaded;
};
void milter_count(struct milter_counters *out);

#endif
