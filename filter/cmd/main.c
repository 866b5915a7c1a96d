/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/check_files.h"
#include "cmd/commands.h"
#include "cmd/control_tools.h"
#include "cmd/daemon.h"
#include "cmd/eval.h"
#include "cmd/why.h"

static const struct command commands[] = {
	{"check", check_files_main, "show every mistake in settings and rules"},
	{"daemon", daemon_main, "run the daemon (what the systemd unit does)"},
	{"eval", eval_main, "judge one transaction and print its reasons"},
	{"off", control_off_main, "let all mail pass unjudged, at once"},
	{"on", control_on_main, "judge again"},
	{"reload", control_reload_main, "check the settings and rules and take them over"},
	{"status", control_status_main, "what the daemon does and how it is"},
	{"why", why_main, "explain a past transaction by its id"},
};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static int
help(FILE *out)
{
	fputs("usage: postern COMMAND [OPTION]...\n\nPostern guards the mail port: a milter that scores each"
	      " transaction and says why.\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n'postern COMMAND --help' tells more; see also postern(8) and postern.conf(5).\n", out);
	return out == stdout ? EX_OK : EX_USAGE;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0) {
		puts("postern 0.1");
		return EX_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "postern: no command '%s'\n\n", argv[1]);
	return help(stderr);
}
