/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/check_files.h"

#include <getopt.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmd/assembly.h"
#include "cmd/geo_files.h"
#include "cmd/mta_access.h"
#include "cmd/site_check.h"
#include "util/clock.h"

static const char usage[] =
	"usage: postern check [-c FILE] [--json] [--untested] [RULE-FILE]...\n"
	"\n"
	"Reads the settings and rules of FILE (default " ASSEMBLY_CONF "), shows every mistake\n"
	"with its place and remedy, looks for the users, files and folders that they name, and tells\n"
	"whether the daemon could read it all, and the MTA's user connect to the milter's socket.\n"
	"With RULE-FILEs these are the whole rule set, no settings are needed, and nothing else is looked\n"
	"at.\n"
	"\n"
	"  --json           print the findings as one array of objects\n"
	"  --untested       warn of rules that no test expects\n"
	"\n"
	"Exit: 0 all is well (there may be warnings), 64 wrong usage, 77 this system lacks a user or file,\n"
	"      or the MTA could not connect, 78 there are errors in settings or rules.\n";

/* ---- could the MTA connect? ---- */

static const struct access_text {
	const char *text, *remedy;
	bool bad;
} access_texts[] = {
	[MTA_ACCESS_YES] = {"can connect", NULL, false},
	[MTA_ACCESS_LATER] = {"will be able to connect (the folder is made at the start)", NULL, false},
	[MTA_ACCESS_FOLDER] = {"can NOT connect: a folder above it cannot be entered", "chmod or chgrp it",
		true},
	[MTA_ACCESS_ABOVE] = {"can NOT connect: the folder above its folder does not exist",
		"make it, owned by root", true},
	[MTA_ACCESS_SOCKET] = {"can NOT connect: owner, group and mode of the socket keep it out",
		"set socket-group to a group of that user, and socket-mode 0660", true},
	[MTA_ACCESS_NO_USER] = {"is no user of this system yet (mta-user)", NULL, false},
	[MTA_ACCESS_NO_OWNER] = {"was not tried: the socket's user or group does not exist", NULL, false},
	[MTA_ACCESS_UNTESTED] = {"was not tried: only root can do that", NULL, false},
};

static void
check_listener(const struct conf *c, const struct conf_listener *l, struct diag *d)
{
	const struct mta_socket s = {l->path, l->owner, l->group, c->user, c->run_dir, l->mode};
	/* without its source: that the MTA can connect is worth one line, not three */
	const struct place at = {.file = view_str(c->path), .line = l->at.line, .column = l->at.column};
	const struct access_text *t;

	if (l->family != CONF_UNIX)
		return;
	t = &access_texts[mta_access(c->mta_user, &s)];
	if (t->bad)
		diag_error(d, &at, t->remedy, "listener %s: %s: %s %s", l->name, l->path, c->mta_user,
			t->text);
	else
		diag_note(d, &at, NULL, "listener %s: %s: %s %s", l->name, l->path, c->mta_user, t->text);
}

/* ---- could the daemon read it all? ---- */

/* In a child that becomes the service user: the first mistake goes into fd. */
static _Noreturn void
read_as(const struct privileges *user, const char *conf, int fd)
{
	const struct assembly_reading what = {.conf = conf};
	struct assembly a;
	struct view first;

	if (privileges_drop(user) == 0 && !assembly_read(&a, &what)) {
		first = diag_first(a.diag, a.arena);
		_exit(write(fd, first.p, first.n) < 0);
	}
	_exit(0);
}

/* Root reads everything, the daemon's checker only what the service user may: what root finds in order
 * is read once more, as that user. */
static void
check_readable(const struct assembly *a, const char *conf)
{
	const struct place at = {.file = view_str(a->conf->path)};
	struct privileges user;
	char why[1000];
	ssize_t n;
	pid_t child;
	int p[2];

	if (geteuid() != 0 || privileges_find(a->conf->user, &user) != 0 || pipe2(p, O_CLOEXEC) != 0)
		return;
	child = fork();
	if (child == 0)
		read_as(&user, conf, p[1]);
	close(p[1]);
	n = read(p[0], why, sizeof(why));
	close(p[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	if (n > 0)
		diag_error(a->diag, &at, "chown, chmod or chgrp the file (keys: chown), or a folder above it",
			"user '%s' could not read what it has to: %.*s", a->conf->user, (int)n, why);
}

/* ---- settings, rules and this system ---- */

struct findings {
	size_t errors, warnings;
};

static struct findings
count(const struct diag *d)
{
	return (struct findings){diag_errors(d), diag_warnings(d)};
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
print_counts(FILE *out, const char *what, struct findings f, const char *more)
{
	fprintf(out, "%s: %zu error%s, %zu warning%s%s\n", what, f.errors, plural(f.errors), f.warnings,
		plural(f.warnings), more);
}

/* What is wrong with this system stands apart: the same files may be right on another one. */
static void
sum_up(const struct program *p, struct findings files, struct findings system)
{
	if (!p)
		print_counts(stderr, "settings and rules", files, ": these settings would not be taken");
	else
		printf("settings and rules: %zu rule%s, %zu DNS list%s, %zu fact%s read; %zu warning%s\n",
			p->n_rules, plural(p->n_rules), p->n_dnsbls, plural(p->n_dnsbls), p->n_read,
			plural(p->n_read), files.warnings, plural(files.warnings));
	if (system.errors || system.warnings)
		print_counts(stdout, "this system", system, "");
}

static int
report(const struct assembly *a, const char *conf, bool json)
{
	struct findings files, all;

	if (a->conf)
		site_check_settings(a->conf, a->program, a->diag);
	if (a->conf)
		geo_files_note_age(a->conf, &a->settings, (uint64_t)clock_wall(), a->diag);
	files = count(a->diag);
	if (a->conf)
		site_check_system(a->conf, a->diag);
	for (const struct conf_listener *l = a->program ? a->conf->listeners : NULL; l; l = l->next)
		check_listener(a->conf, l, a->diag);
	if (a->program && diag_errors(a->diag) == files.errors)
		check_readable(a, conf);
	all = count(a->diag);
	if (json) {
		diag_json(a->diag, stdout);
	} else {
		diag_show(a->diag, stderr);
		sum_up(a->program, files, (struct findings){all.errors - files.errors,
			all.warnings - files.warnings});
	}
	if (!a->program)
		return EX_CONFIG;
	return all.errors ? EX_NOPERM : EX_OK;
}

/* ---- rule files alone ---- */

static int
report_rules(const struct assembly *a, const struct program_counts *n, bool json)
{
	size_t errors = diag_errors(a->diag), warnings = diag_warnings(a->diag);

	if (json) {
		diag_json(a->diag, stdout);
		return errors ? EX_CONFIG : EX_OK;
	}
	diag_show(a->diag, stderr);
	printf("%zu rule%s, %zu list%s, %zu DNS list%s, %zu test%s; %zu error%s, %zu warning%s", n->rules,
		plural(n->rules), n->lists, plural(n->lists), n->dnsbls, plural(n->dnsbls), n->tests,
		plural(n->tests), errors, plural(errors), warnings, plural(warnings));
	if (a->program)
		printf("; %.1f MB", (double)program_bytes(a->program) / (1024 * 1024));
	putchar('\n');
	return errors ? EX_CONFIG : EX_OK;
}

/* ---- the command ---- */

int
check_files_run(const char *conf, bool json)
{
	const struct assembly_reading what = {.most = true, .conf = conf};
	struct assembly a;
	int status;

	assembly_read(&a, &what);
	status = report(&a, conf, json);
	assembly_done(&a);
	return status;
}

int
check_files_main(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"untested", no_argument, NULL, 'u'}, {"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	struct program_counts counts = {0};
	struct assembly_reading what = {.most = true, .counts = &counts};
	struct assembly a;
	bool json = false;
	int key, status;

	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'c') {
			what.conf = optarg;
		} else if (key == 'j') {
			json = true;
		} else if (key == 'u') {
			what.untested = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	what.files = (const char *const *)argv + optind;
	what.n_files = (size_t)(argc - optind);
	if (!what.conf && what.n_files == 0)
		what.conf = ASSEMBLY_CONF;
	assembly_read(&a, &what);
	status = what.n_files ? report_rules(&a, &counts, json) : report(&a, what.conf, json);
	assembly_done(&a);
	return status;
}
