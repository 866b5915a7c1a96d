/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_files -- `postern check`: every mistake in settings and rules, what this system lacks for
 * them, and whether the MTA can connect.
 */
#ifndef CMD_CHECK_FILES_H
#define CMD_CHECK_FILES_H

int check_files_main(int argc, char **argv);

#endif
