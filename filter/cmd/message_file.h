/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message_file -- a message from a file or standard input, sent to a session as an MTA would send it.
 */
#ifndef CMD_MESSAGE_FILE_H
#define CMD_MESSAGE_FILE_H

#include "engine/session.h"

/* The whole of path ("-" = standard input), or absent with errno. Lives in a. */
struct view message_file_read(const char *path, struct arena *a);
/* Fields, then the end of the header. A line that cannot be a field, or "From " of an mbox at the top,
 * ends or is left out as an MTA does it. *body_out is what follows, with CRLF line ends. */
const struct verdict *message_file_header(struct session *s, struct view message, struct arena *a,
	struct view *body_out);

#endif
