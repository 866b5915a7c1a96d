/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/memory_tool.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/lib/unit.h"

enum { ANSWERED = 40, WORDS = 9 };

static char told[100]; /* what the tool was asked: the count and the words */

static int
answer(struct assembly *a, char **words, size_t count)
{
	CU_ASSERT_PTR_NOT_NULL(a->store);
	snprintf(told, sizeof(told), "%zu", count);
	for (; *words; words++)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), " %s", *words);
	return ANSWERED;
}

static const struct memory_tool counts = {.usage = "", .options = "+c:n:",
	.verb = {{"top", 0, 1}, {"show", 1, INT_MAX}}, .answer = answer};
static const struct memory_tool bare = {.usage = "", .options = "+c:", .bare = true,
	.verb = {{"list", 0, 0}, {"a", 0, 0}, {"reset", 1, 1}}, .answer = answer};

static const struct {
	const struct memory_tool *tool;
	const char *line; /* words, with a blank between them */
	int status;
	const char *told;
} rows[] = {
	{&counts, "top", ANSWERED, "20 top"},
	{&counts, "-n 7 top x", ANSWERED, "7 top x"},
	{&counts, "-n 1000 top", ANSWERED, "1000 top"},
	{&counts, "-n 1001 top", EX_USAGE, ""},
	{&counts, "-n 0 top", EX_USAGE, ""},
	{&counts, "-n x top", EX_USAGE, ""},
	{&counts, "top x y", EX_USAGE, ""},
	{&counts, "show", EX_USAGE, ""},
	{&counts, "show a -n c d", ANSWERED, "20 show a -n c d"},
	{&counts, "shake a", EX_USAGE, ""},
	{&counts, "", EX_USAGE, ""},
	{&counts, "-x top", EX_USAGE, ""},
	{&counts, "--help", EX_OK, ""},
	{&bare, "", ANSWERED, "20"},
	{&bare, "list", ANSWERED, "20 list"},
	{&bare, "list x", EX_USAGE, ""},
	{&bare, "reset kim", ANSWERED, "20 reset kim"},
	{&bare, "reset", EX_USAGE, ""},
	{&bare, "reset kim joe", EX_USAGE, ""},
	{&bare, "-n 7 list", EX_USAGE, ""},
};

/* -c /dev/null: no settings, so that the daemon is looked for where it is by default. */
static int
call(const struct memory_tool *tool, const char *line)
{
	char text[100], *argv[WORDS + 1] = {NULL}, *rest = text, *word;
	int argc = 0;

	snprintf(text, sizeof(text), "memory -c /dev/null%s%s", *line ? " " : "", line);
	while ((word = strsep(&rest, " ")) && argc < WORDS)
		argv[argc++] = word;
	told[0] = 0;
	optind = 0; /* begin anew */
	return memory_tool_main(tool, argc, argv);
}

static void
lines(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		UNIT_CASE(call(rows[i].tool, rows[i].line) == rows[i].status, rows[i].line);
		UNIT_CASE(strcmp(told, rows[i].told) == 0, rows[i].line);
	}
}

static const struct unit_test tests[] = {{"command lines", lines}};

int
main(void)
{
	int status, out = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDERR_FILENO); /* what getopt says */
	status = unit_main("cmd/memory_tool", tests, sizeof(tests) / sizeof(*tests));
	dup2(out, STDERR_FILENO);
	return status;
}
