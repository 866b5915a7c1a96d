/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/feed.h"

#include <errno.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The text as a file in memory: a command that reads none of it, or ends early, stops nobody. */
static int
file_of(struct view text)
{
	int fd = memfd_create("input", MFD_CLOEXEC), e;

	for (ssize_t n; fd >= 0 && text.n;) {
		n = write(fd, text.p, text.n);
		if (n > 0) {
			text.p += n;
			text.n -= (size_t)n;
		} else if (n < 0 && errno != EINTR) {
			e = errno;
			close(fd);
			errno = e;
			return -1;
		}
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int
wait_for(pid_t pid, int *status_out)
{
	while (waitpid(pid, status_out, 0) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

int
feed_command(const char *const *argv, struct view text, int *status_out)
{
	posix_spawn_file_actions_t actions;
	int fd = file_of(text), e;
	pid_t pid;

	if (fd < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	e = posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fd);
	if (e) {
		errno = e;
		return -1;
	}
	return wait_for(pid, status_out);
}
