/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ill_disk -- loaded before a program (LD_PRELOAD): while there is the file that ILL_DISK names, nothing can be written
 * to the program's files store.db*: EIO. What is there can be read.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
ill(int fd)
{
	const char *flag = getenv("ILL_DISK");
	char link[64], path[4096];
	ssize_t n;

	if (!flag || access(flag, F_OK) != 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	if (!strstr(path, "/store.db"))
		return false;
	errno = EIO;
	return true;
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");

	return ill(fd) ? -1 : real(fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

int
fdatasync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");

	return ill(fd) ? -1 : real(fd);
}

int
fsync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fsync");

	return ill(fd) ? -1 : real(fd);
}
