/* SPDX-License-Identifier: BSD-2-Clause
 *
 * generations -- configurations in succession, each with its files and its workers.
 *
 * A configuration is a generation: its files under run-dir/gen-N and one worker a service. The next
 * one is a candidate: plan() reads postern.conf and opens sockets; a checker process, unprivileged
 * like all, loads the rules and keeps what it read in gen-N; workers start from
 * there. Only when all are ready do they serve and the old ones drain. Whatever fails on the way
 * ends the candidate and changes nothing. What the checker said when it was ready are doubts: the
 * configuration may serve all the same, and they are told. DRAINING_MAX generations drain; a further
 * one ends the oldest. The accepted set is also kept in last_good: a start with a broken configuration
 * serves that one, and says so.
 *
 * A worker that dies is started again on the same socket and the same files. Steady services (the
 * store) belong to no generation and leave last.
 */
#ifndef IO_GENERATIONS_H
#define IO_GENERATIONS_H

#include "io/fleet.h"

struct service {
	const char *name;     /* unique within a plan */
	const char *listener; /* worker_start.listener; NULL = none */
	worker_run *run;
	int listen_fd;   /* -1 = none */
	const void *arg; /* worker_start.arg; kept while its workers live */
	bool any_source; /* as privileges.any_source */
};

struct plan {
	const struct service *service; /* kept until settle */
	size_t n;                      /* 1 to SERVICES_MAX */
	int64_t drain_ms;              /* how long its workers may drain */
};

enum outcome {
	OUTCOME_ACCEPTED,
	OUTCOME_REFUSED,  /* what served before serves on */
	OUTCOME_FALLBACK, /* nothing served before: the last good set is tried now */
	OUTCOME_LOST      /* nothing can serve */
};

struct generations_options {
	const char *config; /* absolute path of postern.conf */
	const char *run_dir, *work_dir, *last_good;
	struct fleet_options fleet;
	void *shared; /* worker_start.shared */
	const struct service *steady; /* kept */
	size_t n_steady;
	worker_run *check;
	/* Reads the configuration under root and opens what it needs. False: why says what is
	 * wrong, and nothing has changed. True: why may have lines for the one who reloads. */
	bool (*plan)(void *ctx, const char *root, struct plan *out, struct buf *why);
	/* The plan made last serves from now on, or is dropped: what only the other one used can
	 * go. */
	void (*settle)(void *ctx, bool accepted);
	void *ctx;
	int64_t stop_ms; /* how long workers may drain when the daemon stops */
};

struct generations;

/* outcome is told once for every generations_begin (before it, OUTCOME_FALLBACK may be). Keeps o.
 * gives. */
struct generations *generations_new(const struct generations_options *o,
	void (*outcome)(void *ctx, enum outcome what, struct view text), void *ctx);
/* Kills what still runs and removes the files of all generations. NULL is legal. */
void generations_free(struct generations *g);

/* Starts the steady services. -1 with errno. */
int generations_start(struct generations *g, int64_t now);
/* Makes a candidate of the live files. Not while it is busy, or after a stop. */
void generations_begin(struct generations *g, int64_t now);
/* There is a candidate already, or earlier generations have still to leave. */
bool generations_is_busy(const struct generations *g);
/* Lets all workers drain for stop_ms; the second call ends them. */
void generations_stop(struct generations *g, int64_t now);
bool generations_is_gone(struct generations *g); /* after a stop: no process is left */

struct fleet *generations_fleet(struct generations *g);
unsigned generations_serving(const struct generations *g); /* 0 = none */
/* Why the last good configuration serves; absent if it does not. */
struct view generations_fallback(const struct generations *g);

/* What the checker doubts of the configuration that serves; absent = nothing. */
struct view generations_doubts(const struct generations *g);

void generations_work(struct generations *g, int64_t now);

#endif
