/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/status/status_tool.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "cmd/assembly.h"
#include "cmd/control_tools.h"
#include "cmd/run_dir.h"
#include "cmd/status/status_report.h"
#include "cmd/status/status_screen.h"
#include "util/limits.h"

enum { STATUS_MS = 5 * 1000, EXIT_DEGRADED = 2, SCREEN_MAX = 256 * 1024 };

static const char usage[] =
	"usage: postern status [-c FILE] [-v | --json]\n"
	"\n"
	"Shows on one screen whether the daemon serves, what is wrong, its processes, what became\n"
	"of mail of late, DNS and memory, the DNS lists and the backends. -v shows instead all that\n"
	"each process counts.\n"
	"\n"
	"Exit: 0 done, 1 the daemon refused, 2 it serves, but something is wrong, 64 wrong usage,\n"
	"      69 the daemon does not run or answer, 77 not permitted.\n";

static int
show(const json_t *report, bool json)
{
	struct buf out;

	if (json) {
		json_dumpf(report, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		buf_init(&out, SCREEN_MAX);
		status_screen(report, &out);
		fwrite(buf_view(&out).p, 1, out.n, stdout);
		buf_done(&out);
	}
	return status_report_is_degraded(report) ? EXIT_DEGRADED : EX_OK;
}

static int
answer(struct view text, bool json)
{
	json_t *report = status_report(text);
	int status;

	if (!report) {
		fputs("postern: the daemon's answer is not understood: is it of another version?\n", stderr);
		return EX_UNAVAILABLE;
	}
	status = show(report, json);
	json_decref(report);
	return status;
}

static int
ask(const char *config, bool json, bool verbose)
{
	enum control_call_result r;
	char socket[RUN_DIR_ROOM];
	struct buf out;
	int status, e;

	run_dir_socket(config, "control.sock", socket);
	buf_init(&out, CONTROL_REPLY_MAX);
	r = control_call(socket, verbose ? "status" : "status json", STATUS_MS, &out);
	e = errno;
	if (r == CONTROL_CALL_OK && !verbose) {
		status = answer(buf_view(&out), json);
	} else {
		fwrite(buf_view(&out).p, 1, out.n, r == CONTROL_CALL_FAILED ? stderr : stdout);
		errno = e;
		status = control_tools_explain(r, socket);
	}
	buf_done(&out);
	return status;
}

int
status_tool_main(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'},
		{"json", no_argument, NULL, 'J'}, {NULL, 0, NULL, 0}};
	const char *config = ASSEMBLY_CONF;
	bool json = false, verbose = false;
	int key;

	while ((key = getopt_long(argc, argv, "c:v", options, NULL)) != -1) {
		if (key == 'c') {
			config = optarg;
		} else if (key == 'J') {
			json = true;
		} else if (key == 'v') {
			verbose = true;
		} else {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (optind < argc || (json && verbose)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	return ask(config, json, verbose);
}
