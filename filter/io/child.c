/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/log.h"

static void
reset_signals(void)
{
	static const int obeyed_elsewhere[] = {SIGHUP, SIGINT, SIGTERM};
	sigset_t mask;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL); /* fails for numbers that libc keeps: not ours */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files is write(2)'s to tell */
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(obeyed_elsewhere) / sizeof(*obeyed_elsewhere); i++)
		sigaddset(&mask, obeyed_elsewhere[i]);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes every descriptor from 3 on that is not in fd[]: the gaps between them, then the rest. */
static int
close_others(int *fd, size_t n)
{
	unsigned from = 3;

	qsort(fd, n, sizeof(*fd), by_number);
	for (size_t i = 0; i < n; i++) {
		if (fd[i] < (int)from)
			continue;
		if ((unsigned)fd[i] > from && close_range(from, (unsigned)fd[i] - 1, 0) != 0)
			return -1;
		from = (unsigned)fd[i] + 1;
	}
	return close_range(from, ~0U, 0);
}

/* The worker's end blocks: its thread has nothing else to do. */
static _Noreturn void
become(const struct child_options *o, int control_fd)
{
	int open[CHILD_KEEP + 1];
	size_t n = 0;

	open[n++] = control_fd;
	for (size_t i = 0; i < o->n_keep && i < CHILD_KEEP; i++)
		open[n++] = o->keep[i];
	setpgid(0, 0);
	reset_signals();
	prctl(PR_SET_NAME, o->name, 0, 0, 0);
	title_set(&o->title, o->name);
	unsetenv("NOTIFY_SOCKET");
	if (close_others(open, n) != 0 || chdir("/") != 0)
		log_die("cannot tidy the descriptors of %s: %s", o->name, strerror(errno));
	if (privileges_drop(o->privileges) != 0) {
		log_error("privileges", "%s cannot drop privileges: %s", o->name, strerror(errno));
		_exit(CHILD_EXIT_PRIVILEGES);
	}
	_exit(o->run(o->arg, control_fd));
}

int
child_start(const struct child_options *o, struct child *out)
{
	int pair[2], e;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become(o, pair[1]);
	e = errno;
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		errno = e;
		return -1;
	}
	setpgid(pid, pid); /* by both, so that neither side runs before it is true */
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*out = (struct child){.pid = pid, .control_fd = pair[0]};
	return 0;
}

bool
child_reap(struct child *c, int *status_out)
{
	pid_t got;

	if (c->pid <= 0)
		return false;
	got = waitpid(c->pid, status_out, WNOHANG);
	if (got == 0 || (got < 0 && errno == EINTR))
		return false;
	if (got < 0)
		*status_out = 0; /* ECHILD: someone else reaped it; it is gone all the same */
	c->pid = 0;
	return true;
}

void
child_close(struct child *c)
{
	if (c->control_fd >= 0)
		close(c->control_fd);
	c->control_fd = -1;
}
