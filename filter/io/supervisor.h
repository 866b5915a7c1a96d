/* SPDX-License-Identifier: BSD-2-Clause
 *
 * supervisor -- the daemon's first process: one loop over signals, workers and the control socket.
 *
 * SIGHUP is a reload (io/generations.h); SIGTERM and SIGINT stop: the workers drain for stop_ms,
 * then end; a second one ends them at once. Commands of the control socket: status, status json,
 * reload (answered when its outcome is known), off, on, watch (errors, warnings and notices of the log, its
 * own and its workers', as they come). systemd is told READY, RELOADING and
 * STOPPING.
 */
#ifndef IO_SUPERVISOR_H
#define IO_SUPERVISOR_H

#include "io/control.h"
#include "io/generations.h"

struct json;

struct supervisor_options {
	struct generations_options generations;
	struct control *control; /* not closed */
	/* Writes members of its own into the status as JSON; NULL = none. */
	void (*status)(void *ctx, struct json *j);
	void *status_ctx;
};

enum { SUPERVISOR_EXIT_CONFIG = 78 }; /* EX_CONFIG: there was nothing that could serve */

/* Blocks HUP, INT, TERM and CHLD and runs until it is told to stop; the exit status. */
int supervisor_run(const struct supervisor_options *o);

#endif
