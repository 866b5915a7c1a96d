/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/alarm_tools.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cmd/assembly.h"
#include "cmd/store_walk.h"
#include "engine/alarm.h"
#include "util/clock.h"
#include "util/limits.h"

enum { NONE = 1 };

static const char usage[] =
	"usage: postern alarms [-c FILE] [list]\n"
	"       postern alarms [-c FILE] reset USER\n"
	"\n"
	"Shows the accounts that look stolen, in the memory of the running daemon: since when, why, and\n"
	"what was counted in the hour before. The time is UTC. reset: when the password is changed, lets\n"
	"this account begin anew.\n"
	"\n"
	"Exit: 0 done, 1 there is none, 64 wrong usage, 69 the daemon does not run or answer.\n";

struct asked {
	struct store *store;
	struct arena *arena;
	int64_t now;
	size_t found;
};

static bool
print(void *ctx, const struct store_page_record *r, struct arena *page)
{
	struct asked *t = ctx;
	struct alarm_record a;
	char since[32] = "?";
	time_t raised;
	struct tm tm;

	if (!alarm_read(r->key, r->value, &a) || a.raised > t->now)
		return true;
	raised = (time_t)a.raised;
	if (gmtime_r(&raised, &tm))
		strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S UTC", &tm);
	printf("%s  %-8s %6" PRId64 "  %.*s\n", since, alarm_name(a.reason), a.count,
		VIEW_ARG(diag_escaped(page, a.user)));
	t->found++;
	return true;
}

static int
list(struct asked *t)
{
	struct store_request scan = alarm_scan();

	scan.now = t->now;
	if (!store_walk(t->store, scan, print, t))
		return store_walk_silent("postern alarms");
	if (!t->found)
		fputs("postern alarms: no account looks stolen\n", stderr);
	return t->found ? EX_OK : NONE;
}

static int
reset(struct asked *t, struct view user)
{
	struct store_request r[STORE_CALLS_MAX];
	struct store_result result[STORE_CALLS_MAX];
	size_t n = alarm_forget(user, t->now, t->arena, r);

	store_do(t->store, r, n, t->arena, result);
	for (size_t i = 0; i < n; i++) {
		if (result[i].status == STORE_TEMPFAIL)
			return store_walk_silent("postern alarms");
		t->found += result[i].status == STORE_FOUND;
	}
	if (t->found)
		printf("%.*s begins anew\n", VIEW_ARG(diag_escaped(t->arena, user)));
	else
		fprintf(stderr, "postern alarms: no alarm is on for %.*s\n",
			VIEW_ARG(diag_escaped(t->arena, user)));
	return t->found ? EX_OK : NONE;
}

static bool
is_sound(int n, char **words)
{
	if (n == 2)
		return strcmp(words[0], "reset") == 0;
	return n == 0 || (n == 1 && strcmp(words[0], "list") == 0);
}

int
alarm_tools_main(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *conf = ASSEMBLY_CONF;
	struct asked t = {.now = clock_wall()};
	int key, status;

	while ((key = getopt_long(argc, argv, "+c:", options, NULL)) != -1) {
		if (key != 'c') {
			fputs(usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
		conf = optarg;
	}
	if (!is_sound(argc - optind, argv + optind)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	t.arena = arena_new();
	t.store = store_walk_connect(conf);
	status = argc - optind == 2 ? reset(&t, view_str(argv[optind + 1])) : list(&t);
	store_free(t.store);
	arena_free(t.arena);
	return status;
}
