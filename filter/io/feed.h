/* SPDX-License-Identifier: BSD-2-Clause
 *
 * feed -- runs a command with a text as its standard input, and waits for its end.
 */
#ifndef IO_FEED_H
#define IO_FEED_H

#include "util/view.h"

/* argv[0] is a path; no shell. The command inherits output, error and environment. *status_out as from
 * waitpid(2). -1 with errno if it could not be run. */
int feed_command(const char *const *argv, struct view text, int *status_out);

#endif
