/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/alarm_tools.h"
#include "cmd/check_files.h"
#include "cmd/commands.h"
#include "cmd/control_tools.h"
#include "cmd/daemon.h"
#include "cmd/demo.h"
#include "cmd/dmarc/dmarc_report.h"
#include "cmd/eval.h"
#include "cmd/explain.h"
#include "cmd/facts.h"
#include "cmd/fmt.h"
#include "cmd/greylist_tools.h"
#include "cmd/learn.h"
#include "cmd/list_test.h"
#include "cmd/make_key.h"
#include "cmd/rate_tools.h"
#include "cmd/reputation_tools.h"
#include "cmd/setup.h"
#include "cmd/show.h"
#include "cmd/status/status_tool.h"
#include "cmd/test_rules.h"
#include "cmd/why.h"

static const struct command commands[] = {
	{"alarms", alarm_tools_main, "accounts that look stolen"},
	{"check", check_files_main, "show every mistake in settings and rules"},
	{"daemon", daemon_main, "run the daemon (what the systemd unit does)"},
	{"demo", demo_main, "show the proxy at work, with a backend of its own"},
	{"dkim-key", make_key_main, "make a key that signs mail, and its DNS record"},
	{"dmarc-report", dmarc_report_main, "send aggregate reports of DMARC results"},
	{"eval", eval_main, "judge one transaction and print its reasons"},
	{"explain", explain_main, "a rule in effect, where it was written and what it reads"},
	{"facts", facts_main, "what rules can read"},
	{"fmt", fmt_main, "rule files in the house layout"},
	{"greylist", greylist_tools_main, "who waits, who has passed; let pass, forget, import"},
	{"learn", learn_main, "tell the memory that a message is ham, or spam"},
	{"list-test", list_test_main, "is a value in a list, and why"},
	{"off", control_off_main, "let all mail pass unjudged, at once"},
	{"on", control_on_main, "judge again"},
	{"rates", rate_tools_main, "what the rates of the rules have counted"},
	{"reload", control_reload_main, "check the settings and rules and take them over"},
	{"reputation", reputation_tools_main, "what is remembered of who sent mail"},
	{"setup", setup_main, "choose third-party DNS lists; what the MTA has to know"},
	{"show", show_main, "every setting as it is in effect, and where it was set"},
	{"status", status_tool_main, "what the daemon does and how it is"},
	{"test", test_rules_main, "run the tests that stand in the rules"},
	{"watch", control_watch_main, "errors, alarms and other events of the daemon, as they come"},
	{"why", why_main, "explain a past transaction by its id"},
};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static int
help(FILE *out)
{
	fputs("usage: postern COMMAND [OPTION]...\n\nPostern guards the mail port: a milter, or a proxy, that"
	      " scores each transaction and says why.\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
	fputs("\n'postern help COMMAND' tells more; see also postern(8), postern.conf(5) and"
	      " postern-rules(7).\n", out);
	return out == stdout ? EX_OK : EX_USAGE;
}

static int
run(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc, argv);
	fprintf(stderr, "postern: no command '%s'\n\n", name);
	return help(stderr);
}

static bool
is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || (c && strcmp(word, c) == 0);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (is_one_of(argv[1], "help", "--help", "-h")) {
		char *asked[] = {argc > 2 ? argv[2] : NULL, (char[]){"--help"}, NULL};

		return asked[0] ? run(asked[0], 2, asked) : help(stdout);
	}
	if (is_one_of(argv[1], "version", "--version", NULL)) {
		puts("postern " COMMANDS_VERSION);
		return EX_OK;
	}
	return run(argv[1], argc - 1, argv + 1);
}
