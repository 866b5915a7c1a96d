/* SPDX-License-Identifier: BSD-2-Clause
 *
 * folder -- directories that Postern makes, owns and trusts.
 *
 * Owners are set only by root; a daemon that was not started as root keeps its own.
 */
#ifndef IO_FOLDER_H
#define IO_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

struct folder_owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* Makes the last part of path if it is missing; one that exists is left as it is. -1 with errno:
 * ENOENT if the parent is missing, ENOTDIR if something else or a symbolic link stands there. */
int folder_make(const char *path, const struct folder_owner *o);
/* As folder_make, and gives an existing one this owner and mode too. */
int folder_own(const char *path, const struct folder_owner *o);
/* True if none but root (or this process's user) and its group can replace names in it: owned so
 * and not writable for others. False with errno 0, or with the errno of a folder that cannot be
 * seen. */
bool folder_is_safe(const char *path);

#endif
