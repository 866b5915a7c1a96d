/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
write_all(int fd, struct view v)
{
	while (v.n) {
		ssize_t n = write(fd, v.p, v.n);

		if (n < 0 && errno != EINTR)
			return false;
		v = view_skip(v, n > 0 ? (size_t)n : 0);
	}
	return fsync(fd) == 0;
}

/* The owner first: it is the new one's file before it can be read by more than that one. Who may not give
 * the file to its owner does not get to replace it. */
static bool
belongs(int fd, const struct replace_owner *o)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if ((st.st_uid != o->uid || st.st_gid != o->gid) && fchown(fd, o->uid, o->gid) != 0)
		return false;
	return fchmod(fd, o->mode) == 0;
}

int
replace_file(const char *path, struct view text, const struct replace_owner *owner)
{
	char fresh[PATH_MAX];
	int n = snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path), fd, error;
	bool ok;

	errno = ENAMETOOLONG;
	fd = n < 0 || (size_t)n >= sizeof(fresh) ? -1 : mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return -1;
	ok = write_all(fd, text) && belongs(fd, owner);
	ok = close(fd) == 0 && ok;
	if (ok && rename(fresh, path) == 0)
		return 0;
	error = errno;
	unlink(fresh);
	errno = error;
	return -1;
}
