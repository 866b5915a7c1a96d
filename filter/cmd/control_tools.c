/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/control_tools.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "cmd/assembly.h"
#include "cmd/run_dir.h"
#include "io/control_call.h"
#include "util/limits.h"

enum {
	STATUS_MS = 5 * 1000,
	/* a reload under way, then ours: each at most a checker's and a worker's time */
	RELOAD_MS = 4 * CANDIDATE_SECONDS * 1000
};

struct tool {
	const char *name, *request;
	int ms;
	const char *usage, *help;
};

static const char exits[] =
	"\n"
	"Exit: 0 done, 1 the daemon refused, 64 wrong usage,\n"
	"      69 the daemon does not run or answer, 77 not permitted.\n";

static const struct tool reload = {"reload", "reload", RELOAD_MS, "[-c FILE]",
	"Checks the settings and rules and, if they are in order, takes them over without\n"
	"losing a session. Otherwise shows every mistake, and what served before serves on.\n"};
static const struct tool off = {"off", "off", STATUS_MS, "[-c FILE]",
	"Lets all mail pass unjudged, at once, until 'postern on' or a restart of the daemon.\n"};
static const struct tool on = {"on", "on", STATUS_MS, "[-c FILE]", "Judges mail again.\n"};

static const struct tool watch = {"watch", "watch", STATUS_MS, "[-c FILE]",
	"Prints each error, warning and notice of the daemon and its workers as it comes, one line\n"
	"of JSON each, until it is interrupted or the daemon ends.\n"};

static int
show_usage(const struct tool *t, FILE *out)
{
	fprintf(out, "usage: postern %s %s\n\n%s%s", t->name, t->usage, t->help, exits);
	return out == stdout ? EX_OK : EX_USAGE;
}

int
control_tools_explain(enum control_call_result r, const char *socket)
{
	switch (r) {
	case CONTROL_CALL_OK:
		return EX_OK;
	case CONTROL_CALL_FAILED:
		return 1;
	case CONTROL_CALL_AWAY:
		fprintf(stderr,
			"postern: no daemon at %s (%s): start it with 'systemctl start postern', "
			"or name its settings with -c\n", socket, strerror(errno));
		return EX_UNAVAILABLE;
	case CONTROL_CALL_DENIED:
		fprintf(stderr, "postern: %s: only root may ask the daemon\n", socket);
		return EX_NOPERM;
	case CONTROL_CALL_BROKEN:
		break;
	}
	fprintf(stderr,
		"postern: the daemon at %s does not answer: see its log, 'journalctl -u postern'\n",
		socket);
	return EX_UNAVAILABLE;
}

static bool
has(struct view line, const char *text)
{
	return view_search_nocase(line, view_str(text)) < line.n;
}

/* What serves now may have nobody to hand mail to, as after a slip in an address: that is no mistake, but
 * should be seen at once. */
static void
warn_of_backends(const char *socket)
{
	struct view text, line, worker = {NULL, 0};
	bool serves = false;
	struct buf out;

	buf_init(&out, CONTROL_REPLY_MAX);
	if (control_call(socket, "status", STATUS_MS, &out) != CONTROL_CALL_OK)
		buf_reset(&out);
	text = buf_view(&out);
	while (view_split(&text, '\n', &line))
		if (line.n && line.p[0] != ' ') {
			worker = view_head(line, view_find(line, ' '));
			serves = has(line, " serving ");
		} else if (serves && has(line, "    backend-") &&
			   (has(line, " state=ill") || has(line, " used=no"))) {
			printf("warning: %.*s: %.*s\n", VIEW_ARG(worker), VIEW_ARG(view_trim(line)));
		}
	buf_done(&out);
}

static void
print(void *ctx, struct view piece)
{
	fwrite(piece.p, 1, piece.n, stdout);
	fflush(stdout);
}

static int
follow(const char *socket)
{
	static const struct control_call_taker printer = {print, NULL};
	enum control_call_result r;
	struct buf out;
	int e;

	buf_init(&out, CONTROL_REPLY_MAX);
	r = control_call_watch(socket, watch.request, watch.ms, &printer, &out);
	e = errno;
	fwrite(buf_view(&out).p, 1, out.n, stderr);
	buf_done(&out);
	errno = e;
	if (r != CONTROL_CALL_OK)
		return control_tools_explain(r, socket);
	fputs("postern: the daemon has ended\n", stderr);
	return EX_UNAVAILABLE;
}

static int
call(const struct tool *t, const char *config)
{
	enum control_call_result r;
	char socket[RUN_DIR_ROOM];
	struct buf out;
	int e;

	run_dir_socket(config, "control.sock", socket);
	if (t == &watch)
		return follow(socket);
	buf_init(&out, CONTROL_REPLY_MAX);
	r = control_call(socket, t->request, t->ms, &out);
	e = errno;
	fwrite(buf_view(&out).p, 1, out.n, r == CONTROL_CALL_FAILED ? stderr : stdout);
	buf_done(&out);
	if (t == &reload && r == CONTROL_CALL_OK)
		warn_of_backends(socket);
	errno = e;
	return control_tools_explain(r, socket);
}

static int
run(const struct tool *t, int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *config = ASSEMBLY_CONF;
	int key;

	while ((key = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (key == 'c')
			config = optarg;
		else
			return show_usage(t, key == 'H' ? stdout : stderr);
	}
	if (optind < argc)
		return show_usage(t, stderr);
	return call(t, config);
}

int
control_reload_main(int argc, char **argv)
{
	return run(&reload, argc, argv);
}

int
control_off_main(int argc, char **argv)
{
	return run(&off, argc, argv);
}

int
control_on_main(int argc, char **argv)
{
	return run(&on, argc, argv);
}

int
control_watch_main(int argc, char **argv)
{
	return run(&watch, argc, argv);
}
