/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/mta_access.h"

#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What stands between this process and the socket. */
static enum mta_access
look(const char *path)
{
	char copy[4096];
	struct stat st;

	snprintf(copy, sizeof(copy), "%s", path);
	if (access(dirname(copy), X_OK) != 0)
		return MTA_ACCESS_FOLDER;
	if (stat(path, &st) == 0 && access(path, W_OK) != 0)
		return MTA_ACCESS_SOCKET;
	return MTA_ACCESS_YES;
}

/* In a child that becomes the MTA's user. */
static enum mta_access
look_as(const struct passwd *pw, const char *path)
{
	pid_t child;
	int status;

	if (geteuid() == pw->pw_uid)
		return look(path);
	if (geteuid() != 0)
		return MTA_ACCESS_UNTESTED;
	child = fork();
	if (child == 0) {
		if (initgroups(pw->pw_name, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 ||
			setuid(pw->pw_uid) != 0)
			_exit(MTA_ACCESS_UNTESTED);
		_exit((int)look(path));
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return MTA_ACCESS_UNTESTED;
	return (enum mta_access)WEXITSTATUS(status);
}

static bool
in_group(const struct passwd *pw, const char *group)
{
	const struct group *g = group ? getgrnam(group) : NULL;

	if (!g)
		return false;
	if (pw->pw_gid == g->gr_gid)
		return true;
	for (char **m = g->gr_mem; *m; m++)
		if (strcmp(*m, pw->pw_name) == 0)
			return true;
	return false;
}

static bool
will_let_in(const struct passwd *pw, const struct mta_socket *s)
{
	if (pw->pw_uid == 0 || (s->mode & 02))
		return true;
	if (s->owner && strcmp(s->owner, pw->pw_name) == 0)
		return (s->mode & 0200) != 0;
	return (s->mode & 020) && in_group(pw, s->group);
}

enum mta_access
mta_access(const char *user, const struct mta_socket *s)
{
	const struct passwd *pw = getpwnam(user);
	enum mta_access answer;
	struct stat st;

	if (!pw)
		return MTA_ACCESS_NO_USER;
	answer = look_as(pw, s->path);
	if (answer == MTA_ACCESS_YES && stat(s->path, &st) != 0 && !will_let_in(pw, s))
		return MTA_ACCESS_SOCKET;
	return answer;
}
