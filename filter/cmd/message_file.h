/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message_file -- a message from a file or standard input.
 */
#ifndef CMD_MESSAGE_FILE_H
#define CMD_MESSAGE_FILE_H

#include "util/arena.h"

/* The whole of path ("-" = standard input), or absent with errno. Lives in a. */
struct view message_file_read(const char *path, struct arena *a);

#endif
