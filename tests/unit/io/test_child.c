/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/log.h"

/* Starts it, reads what it says until it ends, and reaps it: its wait status. */
static int
hear_out(struct child_options *o, char *said, size_t n)
{
	struct privileges own;
	struct child c;
	int status = -1;
	size_t at = 0;

	privileges_own(&own);
	if (geteuid() == 0)
		privileges_find("nobody", &own);
	o->privileges = &own;
	o->name = "toy";
	said[0] = 0;
	if (child_start(o, &c) != 0)
		return -1;
	for (struct pollfd p = {c.control_fd, POLLIN, 0}; poll(&p, 1, 20000) == 1;) {
		ssize_t got = recv(c.control_fd, said + at, n - at - 1, 0);

		if (got <= 0)
			break;
		at += (size_t)got;
		said[at] = 0;
	}
	while (!child_reap(&c, &status))
		usleep(1000);
	CU_ASSERT_EQUAL(c.pid, 0);
	CU_ASSERT_FALSE(child_reap(&c, &status));
	child_close(&c);
	CU_ASSERT_EQUAL(c.control_fd, -1);
	return status;
}

/* Which descriptors are open, by trying: /proc may be closed to a child that dropped. */
static int
list_descriptors(void *arg, int control_fd)
{
	const int *kept = arg;
	char text[256] = "";
	size_t n = 0;

	for (int fd = 3; fd < 1000 && n < sizeof(text) - 16; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ",
			fd == control_fd                 ? "control"
			: fd == kept[0] || fd == kept[1] ? "kept"
							 : "stray");
	}
	send(control_fd, text, n, 0);
	return 0;
}

static void
closes_all_but_what_is_kept(void)
{
	int fd[6], kept[2];
	struct child_options o = {.run = list_descriptors, .arg = kept, .n_keep = 2};
	char said[256];

	for (int i = 0; i < 6; i++)
		fd[i] = open("/dev/null", O_RDONLY);
	o.keep[0] = kept[0] = fd[4]; /* not in order */
	o.keep[1] = kept[1] = fd[1];
	CU_ASSERT_EQUAL(hear_out(&o, said, sizeof(said)), 0);
	CU_ASSERT_STRING_EQUAL(said, "kept kept control ");
	for (int i = 0; i < 6; i++)
		close(fd[i]);
}

static int
tell_signals(void *arg, int control_fd)
{
	sigset_t mask;
	struct sigaction usr1, pipe, size;
	char text[64];

	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaction(SIGUSR1, NULL, &usr1);
	sigaction(SIGPIPE, NULL, &pipe);
	sigaction(SIGXFSZ, NULL, &size);
	snprintf(text, sizeof(text), "%d%d%d%d %d%d%d %d %s", sigismember(&mask, SIGHUP),
		sigismember(&mask, SIGINT), sigismember(&mask, SIGTERM),
		sigismember(&mask, SIGCHLD), usr1.sa_handler == SIG_DFL, pipe.sa_handler == SIG_IGN,
		size.sa_handler == SIG_IGN, getpgrp() == getpid(), getenv("NOTIFY_SOCKET") ? "notify" : "quiet");
	send(control_fd, text, strlen(text), 0);
	return 7;
}

static void
handler(int s)
{
}

static void
has_its_own_signals_and_group(void)
{
	struct child_options o = {.run = tell_signals};
	sigset_t chld, old;
	char said[64];
	int status;

	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	signal(SIGUSR1, handler);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	status = hear_out(&o, said, sizeof(said));
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	unsetenv("NOTIFY_SOCKET");
	CU_ASSERT_STRING_EQUAL(said, "1110 111 1 quiet");
	CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static int
tell_ids(void *arg, int control_fd)
{
	char text[32];

	snprintf(text, sizeof(text), "%u %u", (unsigned)geteuid(), (unsigned)getegid());
	send(control_fd, text, strlen(text), 0);
	return 0;
}

static void
drops_before_it_runs(void)
{
	struct child_options o = {.run = tell_ids};
	struct privileges nobody;
	char said[32], want[32];

	if (geteuid() != 0 || privileges_find("nobody", &nobody) != 0) {
		printf("skip: needs root and the user nobody\n");
		return;
	}
	snprintf(want, sizeof(want), "%u %u", (unsigned)nobody.uid, (unsigned)nobody.gid);
	CU_ASSERT_EQUAL(hear_out(&o, said, sizeof(said)), 0);
	CU_ASSERT_STRING_EQUAL(said, want);
}

static int
never(void *arg, int control_fd)
{
	send(control_fd, "ran", 3, 0);
	return 0;
}

static void
runs_nothing_as_root(void)
{
	struct privileges root = {0};
	struct child_options o = {.name = "toy", .run = never, .privileges = &root};
	struct child c;
	int status = -1;
	char said[8];

	if (geteuid() != 0)
		return;
	CU_ASSERT_EQUAL_FATAL(child_start(&o, &c), 0);
	while (!child_reap(&c, &status))
		usleep(1000);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), CHILD_EXIT_PRIVILEGES);
	CU_ASSERT_EQUAL(recv(c.control_fd, said, sizeof(said), 0), 0);
	child_close(&c);
}

static int
wait_for_end(void *arg, int control_fd)
{
	char c;

	return recv(control_fd, &c, 1, 0) == 0 ? 3 : 4;
}

/* No sibling holds the supervisor's end of another's socket. */
static void
sees_the_end_of_its_parent(void)
{
	struct privileges own;
	struct child_options o = {.name = "toy", .run = wait_for_end, .privileges = &own};
	struct child first, second;
	int status = -1;

	privileges_own(&own);
	if (geteuid() == 0)
		privileges_find("nobody", &own);
	CU_ASSERT_EQUAL_FATAL(child_start(&o, &first), 0);
	CU_ASSERT_EQUAL_FATAL(child_start(&o, &second), 0);
	child_close(&first);
	while (!child_reap(&first, &status))
		usleep(1000);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 3);
	CU_ASSERT_FALSE(child_reap(&second, &status));
	child_close(&second);
	while (!child_reap(&second, &status))
		usleep(1000);
}

static const struct unit_test tests[] = {
	{"closes all but what is kept", closes_all_but_what_is_kept},
	{"has its own signals and group", has_its_own_signals_and_group},
	{"drops privileges before it runs", drops_before_it_runs},
	{"runs nothing as root", runs_nothing_as_root},
	{"sees the end of its parent", sees_the_end_of_its_parent},
};

int
main(void)
{
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_ERROR, false);
	return unit_main("io/child", tests, sizeof(tests) / sizeof(*tests));
}
