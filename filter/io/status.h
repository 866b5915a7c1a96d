/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status -- what the supervisor knows of itself and its workers, for people and for programs.
 *
 * A worker's own lines are "key value"; they come from an unprivileged process and are escaped.
 */
#ifndef IO_STATUS_H
#define IO_STATUS_H

#include "util/buf.h"

struct json;

struct status_worker {
	const char *name, *state;
	bool silent;     /* it did not answer in time */
	uint64_t memory; /* bytes that are resident; 0 = not known */
	int pid; /* 0 = none now */
	unsigned generation, restarts;
	int64_t seconds; /* since its start */
	struct view lines;
};

struct status {
	bool off;
	const char *phase;    /* "starting", "serving", "reloading", "stopping" */
	int pid;              /* the supervisor's */
	uint64_t memory;
	unsigned generation;  /* that serves; 0 = none yet */
	int64_t seconds;      /* since the daemon's start */
	struct view fallback; /* why the last good configuration serves; absent = it does not */
	struct view doubts;   /* what the checker doubts of the one that serves; absent = nothing */
	const char *reload;   /* "none", "accepted", "refused": the outcome of the last one */
	struct view reload_text;
	int64_t reload_seconds; /* ago */
	const struct status_worker *worker;
	size_t n;
	void (*more)(void *ctx, struct json *j); /* writes members of its own; NULL = none */
	void *ctx;
};

/* Bytes of a process that are resident, from proc(5); 0: not known. */
uint64_t status_memory(int pid);

void status_text(const struct status *s, struct buf *out);
void status_json(const struct status *s, struct buf *out);

#endif
