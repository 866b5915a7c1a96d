/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/message_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "util/buf.h"

enum { MESSAGE_MAX = 256 * 1024 * 1024 };

struct view
message_file_read(const char *path, struct arena *a)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	char part[65536];
	struct buf b;
	struct view v = {NULL, 0};
	ssize_t n;

	if (fd < 0)
		return v;
	buf_init(&b, MESSAGE_MAX);
	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_add(&b, view_of(part, (size_t)n));
	if (b.over)
		errno = EFBIG;
	else if (n == 0)
		v = arena_copy(a, buf_view(&b));
	buf_done(&b);
	close(fd);
	return v;
}
