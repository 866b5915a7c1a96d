/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workers_smtp -- the process that serves one smtp, submission or submissions listener: wiring.
 */
#ifndef CMD_WORKERS_SMTP_H
#define CMD_WORKERS_SMTP_H

#include "cmd/assembly.h"
#include "io/worker.h"
#include "util/buf.h"

struct smtp_front;

/* arg: struct tls_files. */
worker_run workers_smtp;
/* Its front-end alone, of start's listener, listen_fd, arg and off, with an engine that is there. What it
 * keeps lives in a's arena. NULL: why says what is wrong. gives */
struct smtp_front *workers_smtp_open(struct assembly *a, const struct worker_start *start, struct buf *why);

#endif
