/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dialogue.h"

#include "tests/unit/checks/fake_check.c"

enum { ROWS = 7, HELO_ROW = 2, MAIL_ROW = 3, BODY_ROW = 6 };

static void
check_rows(enum stage stage, const struct check_seen *seen, const char *const want[ROWS])
{
	struct check_call *c = fake_new(&dialogue_check, stage, NULL, 0);

	c->seen = seen;
	fake_run(c);
	for (size_t i = 0; i < ROWS; i++)
		UNIT_CASE(fake_is(c, i, want[i]), want[i]);
	fake_done(c);
}

static void
tells(void)
{
	static const struct check_seen seen = {.early_talk = true, .connections = 3, .junk = 4,
		.auth_failures = 5, .bare_newline = true};

	check_rows(STAGE_BODY, &seen, (const char *const[ROWS]){"yes", "3", "no", "no", "4", "5", "yes"});
	check_rows(STAGE_MAIL, &seen, (const char *const[ROWS]){"yes", "3", "no", "no", "4", "5", "..."});
	check_rows(STAGE_HELO, &seen, (const char *const[ROWS]){"yes", "3", "no", "...", "...", "...", "..."});
	check_rows(STAGE_CONNECT, &seen,
		(const char *const[ROWS]){"yes", "3", "...", "...", "...", "...", "..."});
}

static void
blind(void)
{
	check_rows(STAGE_BODY, NULL, (const char *const[ROWS]){"-", "-", "-", "-", "-", "-", "-"});
}

static const struct unit_test tests[] = {
	{"what was seen, from its stage on", tells},
	{"a milter sees nothing", blind},
};

int
main(void)
{
	return unit_main("checks/dialogue", tests, sizeof(tests) / sizeof(*tests));
}
