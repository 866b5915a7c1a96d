/* SPDX-License-Identifier: BSD-2-Clause
 *
 * worker -- what the supervisor hands to a process that it starts.
 *
 * The process is already unprivileged and in its own process group; HUP, INT and TERM are blocked,
 * PIPE is ignored, and no descriptor is open but 0 to 2, listen_fd and control_fd. It obeys only
 * its control socket (io/worker_control.h).
 *
 * Files of the configuration are opened under a root (mirror_path in io/mirror.h): the checker
 * reads the administrator's files (root "") and keeps every byte it read under `keep`; workers read
 * only what was kept so. A worker therefore never sees a half-edited file, whenever it is started.
 */
#ifndef IO_WORKER_H
#define IO_WORKER_H

#include <stdbool.h>

struct worker_start {
	const char *name;     /* "milter-main", "store", "check": for logs and status */
	const char *listener; /* the listener's name in postern.conf; NULL = none */
	int listen_fd;        /* bound and listening, non-blocking; -1 = none */
	int control_fd;
	const char *config;   /* path of postern.conf, absolute */
	const char *root;     /* in front of every path of the configuration; "" = the live files */
	const char *keep;     /* checker: where what was read is kept (mirror_put); else NULL */
	const char *run_dir;  /* root's: store.sock is there */
	const char *work_dir; /* the worker may write here: throwaway sockets */
	unsigned generation;
	void *shared;    /* memory that all processes of this daemon share; NULL = none */
	const void *arg; /* the service's own; the supervisor's memory at the fork */
	bool first;      /* checker: the daemon is starting: a failing rule test only warns */
	bool again;      /* it died and is started again: what it serves with was good before */
	bool any_source; /* it keeps what privileges.any_source keeps */
	bool off;        /* pass all mail unjudged until `on` */
};

/* A process's main function: its result is the exit status. */
typedef int worker_run(const struct worker_start *start);

#endif
