/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mirror -- the files of one accepted configuration, kept under a folder by their absolute paths.
 *
 * /run/postern/gen-3/etc/postern/postern.conf is the copy of /etc/postern/postern.conf. The checker
 * puts each file there as it reads it, byte for byte, so what is kept is what was checked. Loaders
 * open mirror_path(root, path) for every path, file patterns included, and show the path without
 * the root; root "" is the live file system. Files are 0600 and folders 0700, the service user's.
 */
#ifndef IO_MIRROR_H
#define IO_MIRROR_H

#include "util/view.h"

enum { MIRROR_PATH_MAX = 4096 };

/* Where path (absolute) is found under root. Under a root, "." and ".." are resolved by name first,
 * so nothing leads out of it; "" leaves path as it is. -1 with errno: EINVAL not absolute,
 * ENAMETOOLONG. */
int mirror_path(const char *root, const char *path, char out[static MIRROR_PATH_MAX]);

/* Writes what was read from path to its place under root, which must exist. -1 with errno. */
int mirror_put(const char *root, const char *path, struct view bytes);

/* Copies all regular files and folders of `from` into the new folder `to`, and waits for the disk.
 * At most MIRROR_FILES_MAX files, MIRROR_DEPTH folders deep. -1 with errno. */
int mirror_copy(const char *from, const char *to);

/* Puts a copy of `from` in the place of `to` in one step; `to` is either the old or the new set. */
int mirror_replace(const char *from, const char *to);

/* Removes root and all below it; never follows a link. 0 if it is gone. */
int mirror_remove(const char *root);
/* The same for all in folder whose name begins so. */
void mirror_remove_all(const char *folder, const char *prefix);

#endif
