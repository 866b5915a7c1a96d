/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_files.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/mta_access.h"

static const char usage[] =
	"usage: postern check [-c FILE] [--json]\n"
	"\n"
	"Reads the settings and rules of FILE (default " ASSEMBLY_CONF "), shows every mistake\n"
	"with its place and remedy, and tells whether the MTA's user could connect to the milter's socket.\n"
	"\n"
	"Exit: 0 all is well (there may be warnings), 64 wrong usage, 77 the MTA could not connect,\n"
	"      78 there are errors.\n";

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
