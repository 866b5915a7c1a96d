/* SPDX-License-Identifier: BSD-2-Clause
 *
 * replace -- puts a text in the place of a file in one step: who reads sees the old or the new one, whole.
 */
#ifndef IO_REPLACE_H
#define IO_REPLACE_H

#include <sys/types.h>

#include "util/view.h"

struct replace_owner {
	uid_t uid; /* (uid_t)-1 = whoever writes; so for gid */
	gid_t gid;
	mode_t mode;
};

/* Written beside path under a new name, brought to the disk, renamed. A link is replaced, not followed.
 * -1 with errno: path is as it was; EPERM: this process may not make a file of that owner. */
int replace_file(const char *path, struct view text, const struct replace_owner *owner);

#endif
