/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command_output -- runs a command and reads what it prints.
 */
#ifndef IO_COMMAND_OUTPUT_H
#define IO_COMMAND_OUTPUT_H

#include <stdio.h>
#include <sys/types.h>

struct command_output {
	FILE *out;
	pid_t pid;
};

/* argv[0] is looked for in PATH; no shell. The command reads nothing, and inherits error and environment. -1
 * with errno if it could not be run. gives (command_output_close). */
int command_output_open(const char *const *argv, struct command_output *out);
/* Reads no more, and waits for its end; *status_out as from waitpid(2). -1 with errno. */
int command_output_close(struct command_output *c, int *status_out);

#endif
