/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* By descriptor: what is changed is what was opened, and that is a folder, not a link. */
static int
give(const char *path, const struct folder_owner *o)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), e;
	struct stat st;
	bool ok;

	if (fd < 0)
		return -1;
	/* One that is as it should be is left alone: its file system may be read-only. */
	ok = fstat(fd, &st) == 0 && (geteuid() != 0 || (st.st_uid == o->uid && st.st_gid == o->gid)) &&
		(st.st_mode & 07777) == o->mode;
	ok = ok || ((geteuid() != 0 || fchown(fd, o->uid, o->gid) == 0) && fchmod(fd, o->mode) == 0);
	e = errno;
	close(fd);
	errno = e;
	return ok ? 0 : -1;
}

int
folder_make(const char *path, const struct folder_owner *o)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return give(path, o);
	if (errno != EEXIST || lstat(path, &st) != 0)
		return -1;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) ? 0 : -1;
}

int
folder_own(const char *path, const struct folder_owner *o)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return -1;
	return give(path, o);
}

bool
folder_is_safe(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	errno = 0;
	return S_ISDIR(st.st_mode) && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       (st.st_mode & (S_IWOTH | S_IWGRP)) == 0;
}
