/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_files.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"

static const char usage[] =
	"usage: postern check [-c FILE] [--json]\n"
	"\n"
	"Reads the settings and rules of FILE (default " ASSEMBLY_CONF "), shows every mistake\n"
	"with its place and remedy, and tells whether the MTA's user could connect to the milter's socket.\n"
	"\n"
	"Exit: 0 all is well (there may be warnings), 64 wrong usage, 77 the MTA could not connect,\n"
	"      78 there are errors.\n";

/* ---- may the MTA connect? ---- */

enum access_answer { ACCESS_YES, ACCESS_FOLDER, ACCESS_SOCKET, ACCESS_UNTESTED };

/* In a child that has become the MTA's user: what stands in the way to the socket. */
static enum access_answer
try_as(const struct passwd *pw, const char *path)
{
	char copy[4096];
	struct stat st;

	if (initgroups(pw->pw_name, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		return ACCESS_UNTESTED;
	snprintf(copy, sizeof(copy), "%s", path);
	if (access(dirname(copy), X_OK) != 0)
		return ACCESS_FOLDER;
	if (stat(path, &st) == 0 && access(path, W_OK) != 0)
		return ACCESS_SOCKET;
	return ACCESS_YES;
}

static enum access_answer
access_of(const struct passwd *pw, const char *path)
{
	pid_t child;
	int status;

	if (geteuid() != 0 && geteuid() != pw->pw_uid)
		return ACCESS_UNTESTED;
	child = fork();
	if (child == 0)
		_exit(geteuid() == 0 ? (int)try_as(pw, path) : access(path, W_OK) ? ACCESS_SOCKET : ACCESS_YES);
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return ACCESS_UNTESTED;
	return (enum access_answer)WEXITSTATUS(status);
}

/* The socket is not there yet: will its owner, group and mode let the MTA in? */
static bool
will_let_in(const struct passwd *pw, const struct conf_listener *l)
{
	const struct group *g = l->group ? getgrnam(l->group) : NULL;

	if (l->mode & 02)
		return true;
	if (l->owner && strcmp(l->owner, pw->pw_name) == 0)
		return (l->mode & 0200) != 0;
	if (!g || !(l->mode & 020))
		return false;
	if (pw->pw_gid == g->gr_gid)
		return true;
	for (char **m = g->gr_mem; *m; m++)
		if (strcmp(*m, pw->pw_name) == 0)
			return true;
	return false;
}

/* True if all is well or cannot be told. */
static bool
check_listener(const struct conf *c, const struct conf_listener *l)
{
	const struct passwd *pw = getpwnam(c->mta_user);
	struct stat st;
	enum access_answer answer;

	if (l->family != CONF_UNIX)
		return true;
	if (!pw) {
		printf("listener %s: there is no user %s (mta-user) on this system yet\n", l->name, c->mta_user);
		return true;
	}
	answer = access_of(pw, l->path);
	if (answer == ACCESS_UNTESTED) {
		printf("listener %s: run this as root to see whether %s could connect to %s\n", l->name,
			c->mta_user, l->path);
		return true;
	}
	if (answer == ACCESS_YES && stat(l->path, &st) != 0 && !will_let_in(pw, l))
		answer = ACCESS_SOCKET;
	if (answer == ACCESS_YES) {
		printf("listener %s: %s can connect to %s\n", l->name, c->mta_user, l->path);
		return true;
	}
	printf("listener %s: %s can NOT connect to %s: %s\n", l->name, c->mta_user, l->path,
		answer == ACCESS_FOLDER ? "a folder above it cannot be entered; chmod or chgrp it"
					: "set socket-group to a group of that user, and socket-mode 0660");
	return false;
}

/* ---- the command ---- */

static int
report(const struct assembly *a, bool json)
{
	const struct program *p = a->program;
	bool reachable = true;

	if (json)
		diag_json(a->diag, stdout);
	else
		diag_show(a->diag, stderr);
	if (!p) {
		fprintf(stderr, "%zu errors, %zu warnings: nothing would be changed by a reload\n",
			diag_errors(a->diag), diag_warnings(a->diag));
		return EX_CONFIG;
	}
	if (json)
		return EX_OK;
	printf("%zu rules, %zu DNS lists, %zu facts read; %zu warnings\n", p->n_rules, p->n_dnsbls, p->n_read,
		diag_warnings(a->diag));
	for (const struct conf_listener *l = a->conf->listeners; l; l = l->next)
		reachable &= check_listener(a->conf, l);
	return reachable ? EX_OK : EX_NOPERM;
}

int
check_files_main(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *conf = ASSEMBLY_CONF;
	struct assembly a;
	bool json = false;
	int key, status;

	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'c') {
			conf = optarg;
		} else if (key == 'j') {
			json = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	assembly_read(&a, NULL, conf, NULL, 0);
	status = report(&a, json);
	assembly_done(&a);
	return status;
}
