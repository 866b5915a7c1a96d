/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/log_capture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int pipe_fd[2], real_stderr; /* a pipe holds 64 KB */
static char captured[65536];

void
log_capture_begin(void)
{
	if (pipe2(pipe_fd, O_NONBLOCK | O_CLOEXEC) != 0)
		abort();
	real_stderr = dup(STDERR_FILENO);
	dup2(pipe_fd[1], STDERR_FILENO);
	close(pipe_fd[1]);
}

struct view
log_capture_end(void)
{
	size_t n = 0;
	ssize_t got;

	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	while ((got = read(pipe_fd[0], captured + n, sizeof(captured) - n)) > 0)
		n += (size_t)got;
	close(pipe_fd[0]);
	return view_of(captured, n);
}
