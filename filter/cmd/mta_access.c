/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/mta_access.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct owner {
	uid_t uid;
	gid_t gid;
};

/* The folder of a path, as dirname(3) would say it. */
static void
folder_of(const char *path, char out[static PATH_MAX])
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(out, PATH_MAX, "%s", dirname(copy));
}

/* What stands between this process and a folder that the daemon will make. */
static enum mta_access
look_above(const char *folder, const struct mta_socket *s)
{
	char above[PATH_MAX];

	folder_of(folder, above);
	if (access(above, X_OK) == 0)
		return MTA_ACCESS_LATER;
	if (errno != ENOENT)
		return MTA_ACCESS_FOLDER;
	return strcmp(above, s->run_dir) == 0 ? MTA_ACCESS_LATER : MTA_ACCESS_ABOVE;
}

/* What stands between this process and the socket. */
static enum mta_access
look(const struct mta_socket *s)
{
	char folder[PATH_MAX];
	struct stat st;

	folder_of(s->path, folder);
	if (access(folder, X_OK) != 0)
		return errno == ENOENT ? look_above(folder, s) : MTA_ACCESS_FOLDER;
	if (stat(s->path, &st) == 0 && access(s->path, W_OK) != 0)
		return MTA_ACCESS_SOCKET;
	return MTA_ACCESS_YES;
}

/* In a child that becomes the MTA's user. */
static enum mta_access
look_as(const struct passwd *pw, const struct mta_socket *s)
{
	pid_t child;
	int status;

	if (geteuid() == pw->pw_uid)
		return look(s);
	if (geteuid() != 0)
		return MTA_ACCESS_UNTESTED;
	child = fork();
	if (child == 0) {
		if (initgroups(pw->pw_name, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 ||
			setuid(pw->pw_uid) != 0)
			_exit(MTA_ACCESS_UNTESTED);
		_exit((int)look(s));
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return MTA_ACCESS_UNTESTED;
	return (enum mta_access)WEXITSTATUS(status);
}

static bool
in_group(const struct passwd *pw, gid_t gid)
{
	const struct group *g = getgrgid(gid);

	if (pw->pw_gid == gid)
		return true;
	for (char **m = g ? g->gr_mem : (char *[]){NULL}; *m; m++)
		if (strcmp(*m, pw->pw_name) == 0)
			return true;
	return false;
}

/* Whose the socket will be. False: there is no such user or group. */
static bool
find_owner(const struct mta_socket *s, struct owner *out)
{
	const struct passwd *pw = getpwnam(s->service_user);
	const struct group *g = s->group ? getgrnam(s->group) : NULL;

	if ((s->group && !g) || (!s->group && !pw))
		return false;
	out->gid = g ? g->gr_gid : pw->pw_gid;
	if (s->owner)
		pw = getpwnam(s->owner);
	if (!pw)
		return false;
	out->uid = pw->pw_uid;
	return true;
}

/* By the socket's own bits. */
static bool
will_let_in(const struct passwd *pw, const struct mta_socket *s, const struct owner *o)
{
	if (pw->pw_uid == 0)
		return true;
	if (o->uid == pw->pw_uid)
		return (s->mode & 0200) != 0;
	return (s->mode & (in_group(pw, o->gid) ? 020 : 02)) != 0;
}

enum mta_access
mta_access(const char *user, const struct mta_socket *s)
{
	struct owner owner = {0};
	bool owned = find_owner(s, &owner);
	const struct passwd *pw = getpwnam(user); /* last: these functions share their room */
	enum mta_access answer;
	struct stat st;

	if (!pw)
		return MTA_ACCESS_NO_USER;
	answer = look_as(pw, s);
	if (answer != MTA_ACCESS_LATER && (answer != MTA_ACCESS_YES || stat(s->path, &st) == 0))
		return answer;
	if (!owned)
		return MTA_ACCESS_NO_OWNER;
	if (!will_let_in(pw, s, &owner))
		return MTA_ACCESS_SOCKET;
	/* A new folder is root's, for the socket's group to enter. */
	if (answer == MTA_ACCESS_LATER && pw->pw_uid != 0 && !in_group(pw, owner.gid))
		return MTA_ACCESS_SOCKET;
	return answer;
}
