/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/privileges.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/log.h"

/* Runs fn in a child, since there is no way back: its exit status. */
static int
apart(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(fn());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
drops(void)
{
	struct privileges p = {.uid = 65534, .gid = 65534, .group = {65534, 1}, .n_groups = 2};
	struct rlimit core;
	gid_t groups[8];

	if (privileges_drop(&p) != 0)
		return 1;
	if (getuid() != 65534 || geteuid() != 65534 || getgid() != 65534 || getegid() != 65534)
		return 2;
	if (getgroups(8, groups) != 2)
		return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return 5;
	if (umask(0) != 0027)
		return 6;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
		return 7;
	return 0;
}

static void
drops_for_ever(void)
{
	if (geteuid() != 0) {
		printf("skip: needs root\n");
		return;
	}
	CU_ASSERT_EQUAL(apart(drops), 0);
}

static int
refuses(void)
{
	const struct privileges uid = {.uid = 0, .gid = 65534}, gid = {.uid = 65534, .gid = 0};

	if (privileges_drop(&uid) != -1 || errno != EPERM)
		return 1;
	return privileges_drop(&gid) == -1 && errno == EPERM ? 0 : 2;
}

static void
refuses_root_as_service_user(void)
{
	struct privileges p;

	if (geteuid() == 0)
		CU_ASSERT_EQUAL(apart(refuses), 0);
	CU_ASSERT_EQUAL(privileges_find("root", &p), -1);
	CU_ASSERT_EQUAL(errno, EPERM);
}

/* Root's capabilities outlive the ids if securebits say so: that is not dropped. */
static int
keeps_capabilities(void)
{
	const struct privileges p = {.uid = 65534, .gid = 65534};

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		return 1;
	return privileges_drop(&p) == -1 && errno == EPERM ? 0 : 2;
}

static void
notices_capabilities_that_stay(void)
{
	if (geteuid() == 0)
		CU_ASSERT_EQUAL(apart(keeps_capabilities), 0);
}

/* Of all that root may, only what was asked for; and it cannot be handed on, nor more be had. */
static int
keeps_one(void)
{
	const struct privileges p = {.uid = 65534, .gid = 65534, .any_source = true};
	static const char *const wanted[] = {"CapPrm:\t0000000000002000\n", "CapEff:\t0000000000002000\n",
		"CapInh:\t0000000000000000\n", "CapAmb:\t0000000000000000\n"};
	char line[200];
	unsigned seen = 0;
	FILE *f;

	if (!privileges_any_source())
		return 0; /* not here: then it is not kept */
	if (privileges_drop(&p) != 0)
		return 1;
	if (!privileges_any_source() || prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) != 0)
		return 2;
	f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			seen += strcmp(line, wanted[i]) == 0;
	return seen == 4 && setuid(0) != 0 ? 0 : 3;
}

static void
keeps_what_is_needed(void)
{
	if (geteuid() == 0)
		CU_ASSERT_EQUAL(apart(keeps_one), 0);
}

static int
stays(void)
{
	const struct privileges p = {.uid = 1, .gid = 1};
	char text[200] = "";
	int fd[2];

	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 1;
	if (pipe(fd) != 0 || dup2(fd[1], STDERR_FILENO) < 0)
		return 2;
	if (privileges_drop(&p) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 3;
	if (read(fd[0], text, sizeof(text) - 1) <= 0) /* said in the log */
		return 4;
	return strstr(text, "not started as root") ? 0 : 5;
}

static void
says_that_it_is_not_root(void)
{
	CU_ASSERT_EQUAL(apart(stays), 0);
}

static void
finds_users_and_groups(void)
{
	struct privileges p;
	uid_t uid;
	gid_t gid;

	CU_ASSERT_EQUAL(privileges_find("no-such-user", &p), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
	CU_ASSERT_EQUAL(privileges_group("no-such-group", &gid), -1);
	CU_ASSERT_EQUAL(privileges_user("no-such-user", &uid), -1);
	CU_ASSERT_EQUAL(privileges_user("root", &uid), 0);
	CU_ASSERT_EQUAL(uid, 0);
	CU_ASSERT_EQUAL(privileges_find("daemon", &p), 0);
	CU_ASSERT_TRUE(p.uid != 0 && p.n_groups >= 1);
	privileges_own(&p);
	CU_ASSERT_EQUAL(p.uid, geteuid());
}

static const struct unit_test tests[] = {
	{"drops for ever", drops_for_ever},
	{"refuses root as the service user", refuses_root_as_service_user},
	{"notices capabilities that stay", notices_capabilities_that_stay},
	{"keeps the right to any source address", keeps_what_is_needed},
	{"says so if it was not root", says_that_it_is_not_root},
	{"finds users and groups", finds_users_and_groups},
};

int
main(void)
{
	log_open(LOG_TO_STDERR, "test", LOG_LEVEL_INFO, false);
	return unit_main("io/privileges", tests, sizeof(tests) / sizeof(*tests));
}
