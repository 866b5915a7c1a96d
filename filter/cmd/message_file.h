/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message_file -- a message from a file, a pipe or standard input.
 *
 * What a path names is found first (O_PATH) and opened only if it is a regular file, or a FIFO, as a shell
 * gives it for <(...), for whose writer the reader waits. Anything else, a folder or a device, is never
 * opened, and nobody can exchange it between.
 */
#ifndef CMD_MESSAGE_FILE_H
#define CMD_MESSAGE_FILE_H

#include "util/arena.h"

/* The whole of path ("-" = standard input, whatever that is), at most 256 MB; lives in a. Absent: *why_out
 * tells, until the next call. */
struct view message_file_read(const char *path, struct arena *a, const char **why_out);
/* What was found in a folder, where others put what they like: only a regular file is read. Anything else is
 * absent, with *why_out NULL. */
struct view message_file_found(const char *path, struct arena *a, const char **why_out);

#endif
