/* SPDX-License-Identifier: BSD-2-Clause
 *
 * child -- forks a process that has nothing but what it was given.
 *
 * The child is the leader of its own process group, has default signal handlers (HUP, INT and TERM
 * blocked, PIPE and XFSZ ignored: it obeys its control socket only), no descriptors but 0 to 2, its control
 * socket and those named, no NOTIFY_SOCKET, and the privileges of the service user.
 */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include "io/privileges.h"
#include "io/title.h"

enum { CHILD_KEEP = 4 };

struct child {
	pid_t pid;      /* 0 = none */
	int control_fd; /* SOCK_SEQPACKET, close-on-exec, non-blocking on this side */
};

struct child_options {
	const char *name;
	struct title title;                    /* where ps is told the name */
	int (*run)(void *arg, int control_fd); /* its result is the exit status */
	void *arg;
	int keep[CHILD_KEEP]; /* descriptors that stay open under their numbers; -1 = none */
	size_t n_keep;
	const struct privileges *privileges;
};

enum { CHILD_EXIT_PRIVILEGES = 77 }; /* EX_NOPERM: it could not drop and ran nothing */

/* gives (child_close). -1 with errno. */
int child_start(const struct child_options *o, struct child *out);
/* True if it has ended; *status_out as from waitpid. Never waits, and reaps no one else's
 * children. */
bool child_reap(struct child *c, int *status_out);
/* Closes the control socket. The process, if there is one, sees end of file. */
void child_close(struct child *c);

#endif
