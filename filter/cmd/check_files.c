/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_files.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/mta_access.h"
#include "cmd/site_check.h"

static const char usage[] =
	"usage: postern check [-c FILE] [--json]\n"
	"\n"
	"Reads the settings and rules of FILE (default " ASSEMBLY_CONF "), shows every mistake\n"
	"with its place and remedy, looks for the users, files and folders that they name, and tells\n"
	"whether the MTA's user could connect to the milter's socket.\n"
	"\n"
	"Exit: 0 all is well (there may be warnings), 64 wrong usage, 77 this system lacks a user or file,\n"
	"      or the MTA could not connect, 78 there are errors in settings or rules.\n";

/* True if the MTA can connect, or it cannot be told. */
static bool
check_listener(const struct conf *c, const struct conf_listener *l)
{
	static const char *const texts[] = {
		[MTA_ACCESS_YES] = "can connect",
		[MTA_ACCESS_FOLDER] = "can NOT connect: a folder above it cannot be entered; chmod or "
				      "chgrp it",
		[MTA_ACCESS_SOCKET] = "can NOT connect: set socket-group to a group of that user, and "
				      "socket-mode 0660",
		[MTA_ACCESS_NO_USER] = "is no user of this system yet (mta-user)",
		[MTA_ACCESS_UNTESTED] = "was not tried: only root can do that",
	};
	struct mta_socket s = {l->path, l->owner, l->group, l->mode};
	enum mta_access answer;

	if (l->family != CONF_UNIX)
		return true;
	answer = mta_access(c->mta_user, &s);
	printf("listener %s: %s: %s %s\n", l->name, l->path, c->mta_user, texts[answer]);
	return answer != MTA_ACCESS_FOLDER && answer != MTA_ACCESS_SOCKET;
}

/* ---- the command ---- */

struct findings {
	size_t errors, warnings;
};

static struct findings
count(const struct diag *d)
{
	return (struct findings){diag_errors(d), diag_warnings(d)};
}

/* What is wrong with this system stands apart: the same files may be right on another one. */
static int
sum_up(const struct assembly *a, struct findings files, struct findings all)
{
	const struct program *p = a->program;
	bool reachable = true;

	if (!p)
		fprintf(stderr, "%zu errors, %zu warnings: nothing would be changed by a reload\n",
			files.errors, files.warnings);
	else
		printf("%zu rules, %zu DNS lists, %zu facts read; %zu warnings\n", p->n_rules,
			p->n_dnsbls, p->n_read, files.warnings);
	if (all.errors > files.errors || all.warnings > files.warnings)
		printf("this system: %zu errors, %zu warnings\n", all.errors - files.errors,
			all.warnings - files.warnings);
	for (const struct conf_listener *l = p ? a->conf->listeners : NULL; l; l = l->next)
		reachable &= check_listener(a->conf, l);
	return reachable ? EX_OK : EX_NOPERM;
}

static int
report(const struct assembly *a, bool json)
{
	struct findings files, all;
	int status = EX_OK;

	if (a->conf)
		site_check_settings(a->conf, a->program, a->diag);
	files = count(a->diag);
	if (a->conf)
		site_check_system(a->conf, a->diag);
	all = count(a->diag);
	if (json)
		diag_json(a->diag, stdout);
	else
		diag_show(a->diag, stderr);
	if (!json)
		status = sum_up(a, files, all);
	if (!a->program)
		return EX_CONFIG;
	return all.errors ? EX_NOPERM : status;
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
	assembly_examine(&a, conf);
	status = report(&a, json);
	assembly_done(&a);
	return status;
}
