/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/command_output.h"

#include <errno.h>
#include <sys/wait.h>

#include "tests/lib/unit.h"

static void
reads(void)
{
	static const char *const argv[] = {"sh", "-c", "cat; echo one; echo two; exit 3", NULL};
	struct command_output c;
	char line[100];
	int status;

	CU_ASSERT_EQUAL_FATAL(command_output_open(argv, &c), 0);
	CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof(line), c.out));
	UNIT_VIEW(view_str(line), "one\n");
	CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof(line), c.out));
	UNIT_VIEW(view_str(line), "two\n");
	CU_ASSERT_PTR_NULL(fgets(line, sizeof(line), c.out));
	CU_ASSERT_EQUAL(command_output_close(&c, &status), 0);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

/* Who reads no further ends a command that would write for ever. */
static void
leaves(void)
{
	static const char *const argv[] = {"yes", NULL};
	struct command_output c;
	char line[100];
	int status;

	CU_ASSERT_EQUAL_FATAL(command_output_open(argv, &c), 0);
	CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof(line), c.out));
	CU_ASSERT_EQUAL(command_output_close(&c, &status), 0);
	CU_ASSERT(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

static void
absent(void)
{
	static const char *const argv[] = {"no-such-command-at-all", NULL};
	struct command_output c;

	CU_ASSERT_EQUAL(command_output_open(argv, &c), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
}

static const struct unit_test tests[] = {
	{"what it prints, and how it ends", reads},
	{"its end comes when nobody reads", leaves},
	{"a command that is not there", absent},
};

int
main(void)
{
	return unit_main("io/command_output", tests, sizeof(tests) / sizeof(*tests));
}
