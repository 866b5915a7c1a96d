/* SPDX-License-Identifier: BSD-2-Clause
 *
 * commands -- what a subcommand is; main.c holds the table.
 */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#define COMMANDS_VERSION "0.1"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; the exit status */
	const char *help;                  /* one line */
};

#endif
