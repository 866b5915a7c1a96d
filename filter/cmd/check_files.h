/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_files -- `postern check`: every mistake in settings and rules, what this system lacks for
 * them, and whether the MTA can connect.
 */
#ifndef CMD_CHECK_FILES_H
#define CMD_CHECK_FILES_H

#include <stdbool.h>

int check_files_main(int argc, char **argv);
/* The same for these settings; the exit status. */
int check_files_run(const char *conf, bool json);

#endif
