/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/alarm_tools.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "cmd/memory_tool.h"
#include "cmd/store_walk.h"
#include "engine/alarm.h"
#include "util/clock.h"
#include "util/limits.h"

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
	return t->found ? EX_OK : MEMORY_TOOL_NONE;
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
	return t->found ? EX_OK : MEMORY_TOOL_NONE;
}

static int
answer(struct assembly *a, char **words, size_t count)
{
	struct asked t = {.arena = a->arena, .now = clock_wall(), .store = a->store};

	return words[0] && words[1] ? reset(&t, view_str(words[1])) : list(&t);
}

int
alarm_tools_main(int argc, char **argv)
{
	static const struct memory_tool tool = {.usage = usage, .options = "+c:", .bare = true,
		.verb = {{"list", 0, 0}, {"reset", 1, 1}}, .answer = answer};

	return memory_tool_main(&tool, argc, argv);
}
