/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/feed.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

static int
shell(const char *script, struct view text)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	int status = -1;

	CU_ASSERT_EQUAL(feed_command(argv, text, &status), 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
feeds(void)
{
	enum { MANY = 3000000 }; /* more than a pipe holds */
	char *text = malloc(MANY);

	memset(text, 'x', MANY);
	CU_ASSERT_EQUAL(shell("test \"$(cat)\" = hello", VIEW("hello")), 0);
	CU_ASSERT_EQUAL(shell("test \"$(wc -c)\" -eq 3000000", view_of(text, MANY)), 0);
	CU_ASSERT_EQUAL(shell("exit 75", view_of(text, MANY)), 75); /* reads nothing: no signal, no halt */
	CU_ASSERT_EQUAL(shell("test -z \"$(cat)\"", VIEW("")), 0);
	free(text);
}

static void
no_command(void)
{
	const char *argv[] = {"/nonexistent/command", NULL};
	int status;

	CU_ASSERT_EQUAL(feed_command(argv, VIEW("x"), &status), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
}

static const struct unit_test tests[] = {
	{"the text comes whole, and the status back", feeds},
	{"a command that is not there", no_command},
};

int
main(void)
{
	return unit_main("io/feed", tests, sizeof(tests) / sizeof(*tests));
}
