/* SPDX-License-Identifier: BSD-2-Clause
 *
 * worker_core -- what every process that judges mail has: settings, rules, services, engine, records.
 */
#ifndef CMD_WORKER_CORE_H
#define CMD_WORKER_CORE_H

#include "cmd/assembly.h"
#include "cmd/evidence_file.h"
#include "io/worker.h"
#include "util/buf.h"

struct worker_core {
	struct assembly a;
	struct evidence_file *evidence, *dmarc; /* NULL = not kept */
};

/* Reads, compiles and joins all of it. EX_OK, or an exit status; the supervisor was told why. */
int worker_core_open(struct worker_core *w, const struct worker_start *start);
void worker_core_status(const struct worker_core *w, struct buf *out); /* lines for `postern status` */

/* Tells the supervisor all that is wrong with the configuration, as an administrator should read it. */
void worker_core_tell(const struct worker_start *start, const struct assembly *a);
/* Tells it what else fails; returns EX_CONFIG. */
int worker_core_fail(const struct worker_start *start, const char *what);

#endif
