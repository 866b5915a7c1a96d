/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/log.h"

/* Lines written to stderr while three lists are reported, `rounds` times each. */
static size_t
lines(unsigned rounds)
{
	char text[4096];
	size_t n = 0;
	int fd[2], old = dup(STDERR_FILENO);
	ssize_t got;

	CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
	dup2(fd[1], STDERR_FILENO);
	for (unsigned i = 0; i < rounds; i++) {
		log_seldom(LOG_LEVEL_WARN, "test", "list=%s", "one");
		log_seldom(LOG_LEVEL_WARN, "test", "list=%s", "two");
		log_seldom(LOG_LEVEL_WARN, "other", "list=%s", "one");
	}
	dup2(old, STDERR_FILENO);
	close(old);
	close(fd[1]);
	got = read(fd[0], text, sizeof(text));
	close(fd[0]);
	for (ssize_t i = 0; i < got; i++)
		n += text[i] == '\n';
	return n;
}

static void
once(void)
{
	CU_ASSERT_EQUAL(lines(10), 3);
	CU_ASSERT_EQUAL(lines(10), 0); /* within the same minute */
}

static const struct unit_test tests[] = {{"each line once a minute", once}};

int
main(void)
{
	return unit_main("util/log_seldom", tests, sizeof(tests) / sizeof(*tests));
}
