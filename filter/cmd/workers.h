/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workers -- what runs in the daemon's processes: wiring of one role each.
 */
#ifndef CMD_WORKERS_H
#define CMD_WORKERS_H

#include "io/worker.h"

/* Reads the configuration, compiles it, keeps what it read; says ready or
 * failed. */
worker_run workers_check;
/* Serves one milter listener. */
worker_run workers_milter;
/* Owns the store; arg: the path of its file. */
worker_run workers_store;

#endif
