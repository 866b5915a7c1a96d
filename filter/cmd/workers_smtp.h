/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workers_smtp -- the process that serves one smtp, submission or submissions listener: wiring.
 */
#ifndef CMD_WORKERS_SMTP_H
#define CMD_WORKERS_SMTP_H

#include "io/worker.h"

/* arg: struct tls_files. */
worker_run workers_smtp;

#endif
