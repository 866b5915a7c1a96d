/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/size.h"

#include "tests/unit/checks/fake_check.c"

static void
whole(void)
{
	struct check_call *c = fake_new(&size_check, STAGE_BODY, NULL, 0);

	c->size = 5000000000;
	fake_run(c);
	UNIT_CASE(fake_is(c, 0, "5000000000"), "size");
	fake_done(c);
}

static const struct unit_test tests[] = {{"bytes of the message", whole}};

int
main(void)
{
	return unit_main("checks/size", tests, sizeof(tests) / sizeof(*tests));
}
