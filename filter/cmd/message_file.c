/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/message_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"

enum { MESSAGE_MAX = 256 * 1024 * 1024 };

static struct view
read_all(int fd, struct arena *a, const char **why_out)
{
	char part[65536];
	struct buf b;
	struct view v = {NULL, 0};
	ssize_t n = 0;

	buf_init(&b, MESSAGE_MAX);
	while (!b.over && (n = read(fd, part, sizeof(part))) > 0)
		buf_add(&b, view_of(part, (size_t)n));
	if (b.over || n < 0)
		*why_out = strerror(b.over ? EFBIG : errno);
	else
		v = arena_copy(a, buf_view(&b));
	buf_done(&b);
	return v;
}

/* A FIFO was opened without waiting: one whose writer is still to come would look like an empty one. */
static void
wait_for_writer(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	poll(&p, 1, -1);
}

/* What O_PATH has found, opened; not waiting, as some files of the kernel would for ever. */
static int
open_found(int found)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* other: why nothing else than a file or FIFO is read. NULL: nor is a FIFO. */
static struct view
read_path(const char *path, const char *other, struct arena *a, const char **why_out)
{
	int found = open(path, O_PATH | O_CLOEXEC), fd = -1;
	struct view v = {NULL, 0};
	struct stat st;

	if (found < 0 || fstat(found, &st) != 0)
		*why_out = strerror(errno);
	else if (!S_ISREG(st.st_mode) && !(other && S_ISFIFO(st.st_mode)))
		*why_out = other;
	else if ((fd = open_found(found)) < 0)
		*why_out = strerror(errno);
	if (fd >= 0) {
		if (S_ISFIFO(st.st_mode))
			wait_for_writer(fd);
		v = read_all(fd, a, why_out);
		close(fd);
	}
	if (found >= 0)
		close(found);
	return v;
}

struct view
message_file_read(const char *path, struct arena *a, const char **why_out)
{
	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, a, why_out);
	return read_path(path, "neither a file nor a pipe", a, why_out);
}

struct view
message_file_found(const char *path, struct arena *a, const char **why_out)
{
	return read_path(path, NULL, a, why_out);
}
