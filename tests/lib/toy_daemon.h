/* SPDX-License-Identifier: BSD-2-Clause
 *
 * toy_daemon -- the real supervisor over real processes, with a toy for a worker.
 *
 * The toy's configuration is one file, one word; "bad", "crash", "fail" and "unreadable" do what
 * they say; "loud" logs a warning for every client. Its worker greets each client with "PID GENERATION off|on WORD" and holds the
 * connection until the client goes: a session.
 */
#ifndef TESTS_LIB_TOY_DAEMON_H
#define TESTS_LIB_TOY_DAEMON_H

#include <sys/types.h>

#include "io/control_call.h"
#include "io/generations.h"

enum { TOY_DAEMON_PATIENCE_MS = 20000 }; /* for what comes in milliseconds */

struct toy_daemon {
	char dir[64], config[96], run[96], work[96], state[96], last_good[96], socket[96],
		control[96];
	struct service service[1];
	int64_t drain_ms;
	pid_t pid;
	char reply[8192]; /* of the last toy_daemon_ask */
};

/* A folder of its own with that word in its configuration. */
void toy_daemon_prepare(struct toy_daemon *d, const char *word);
void toy_daemon_configure(const struct toy_daemon *d, const char *word);
void toy_daemon_launch(struct toy_daemon *d);
/* Its exit status, after SIGTERM; -1 if it does not end. Removes the folder. */
int toy_daemon_stop(struct toy_daemon *d);
enum control_call_result toy_daemon_ask(struct toy_daemon *d, const char *request);

struct toy_visit {
	int fd, pid;
	unsigned generation;
	char off[8], word[64];
};

/* A session: lasts until toy_daemon_leave. */
struct toy_visit toy_daemon_visit(const struct toy_daemon *d);
/* One with that generation: the one before may take a client until it hears that it is over. */
struct toy_visit toy_daemon_visit_of(const struct toy_daemon *d, unsigned generation);
void toy_daemon_leave(struct toy_visit *v);
/* One that leaves at once. */
struct toy_visit toy_daemon_peek(const struct toy_daemon *d);
/* The other end has neither spoken nor hung up. */
bool toy_daemon_stays(const struct toy_visit *v);
/* True if there is something to read, or the end of file, in time. */
bool toy_daemon_hears(int fd);

#endif
