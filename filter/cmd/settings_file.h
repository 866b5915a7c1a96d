/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings_file -- postern.conf alone, for those that need no rules: the supervisor and the tools.
 *
 * The supervisor keeps its own copy of the settings that were last accepted, root's like itself.
 * What the service user can write (the sets in io/mirror.h) is never read as root: it would decide
 * which folders change their owner and which sockets are opened.
 */
#ifndef CMD_SETTINGS_FILE_H
#define CMD_SETTINGS_FILE_H

#include "policy/conf.h"
#include "util/buf.h"

/* NULL: why has all errors. text_out (NULL = not wanted) gets what was read. gives (conf_free). */
struct conf *settings_file_read(const char *path, struct buf *text_out, struct buf *why);

/* Replaces the copy `kept` by text, in one step. -1 with errno. */
int settings_file_keep(const char *kept, struct view text);
/* Reads the copy of path's settings, if it is this process's own user's and nobody else's. NULL as
 * above. */
struct conf *settings_file_read_kept(const char *kept, const char *path, struct buf *why);

#endif
