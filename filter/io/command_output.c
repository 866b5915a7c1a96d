/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/command_output.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0, or errno of what went wrong. */
static int
start(const char *const *argv, int out, pid_t *pid_out)
{
	posix_spawn_file_actions_t actions;
	int e;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	e = posix_spawnp(pid_out, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return e;
}

int
command_output_open(const char *const *argv, struct command_output *out)
{
	struct command_output c;
	int pipe_fd[2], e;

	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return -1;
	e = start(argv, pipe_fd[1], &c.pid);
	close(pipe_fd[1]);
	c.out = e ? NULL : fdopen(pipe_fd[0], "r");
	if (!c.out) {
		close(pipe_fd[0]);
		errno = e ? e : errno;
		return -1;
	}
	*out = c;
	return 0;
}

int
command_output_close(struct command_output *c, int *status_out)
{
	fclose(c->out);
	while (waitpid(c->pid, status_out, 0) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}
