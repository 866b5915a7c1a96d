/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/memory_tool.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cmd/store_walk.h"

enum { TOP = 20, TOP_MAX = 1000 };

static bool
is_sound(const struct memory_tool *t, int n, char **words)
{
	for (size_t i = 0; n > 0 && i < MEMORY_TOOL_VERBS && t->verb[i].name; i++)
		if (strcmp(words[0], t->verb[i].name) == 0)
			return n > t->verb[i].min && n - 1 <= t->verb[i].max;
	return n == 0 && t->bare;
}

static int
run(const struct memory_tool *t, const char *conf, char **words, size_t count)
{
	struct assembly a = {.arena = NULL};
	int status = EX_CONFIG;

	if (!t->read || t->read(&a, &(struct assembly_reading){.conf = conf, .trying = true})) {
		a.arena = a.arena ? a.arena : arena_new();
		a.store = store_walk_connect(conf);
		status = t->answer(&a, words, count);
	} else {
		diag_show(a.diag, stderr);
	}
	assembly_done(&a);
	return status;
}

int
memory_tool_main(const struct memory_tool *t, int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
	const char *conf = ASSEMBLY_CONF;
	uint64_t count = TOP;
	int key;

	while ((key = getopt_long(argc, argv, t->options, options, NULL)) != -1) {
		if (key == 'c') {
			conf = optarg;
		} else if (key != 'n' || !view_number(view_str(optarg), TOP_MAX, &count) || count == 0) {
			fputs(t->usage, key == 'H' ? stdout : stderr);
			return key == 'H' ? EX_OK : EX_USAGE;
		}
	}
	if (!is_sound(t, argc - optind, argv + optind)) {
		fputs(t->usage, stderr);
		return EX_USAGE;
	}
	return run(t, conf, argv + optind, count);
}
