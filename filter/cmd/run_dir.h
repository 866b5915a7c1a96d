/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run_dir -- where a tool finds the sockets of the running daemon.
 */
#ifndef CMD_RUN_DIR_H
#define CMD_RUN_DIR_H

enum { RUN_DIR_ROOM = 512 };

/* The path of a socket in run-dir of these settings. Settings with mistakes are no reason to leave a running
 * daemon alone: then it is looked for in what they say, or in the default place, and stderr tells. */
void run_dir_socket(const char *config, const char *name, char out[static RUN_DIR_ROOM]);

#endif
