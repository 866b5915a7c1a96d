/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/recipient.h"

#include "tests/unit/checks/fake_check.c"

enum row { TO, DOMAIN, LOCAL };

static const struct address rcpt[] = {
	{.local = {"a", 1}, .domain = {"x.example", 9}, .text = {"a@x.example", 11}},
	{.local = {"postmaster", 10}, .text = {"postmaster", 10}},
};

static void
current(void)
{
	static const char *const want[][3] = {{"a@x.example", "x.example", "a"},
		{"postmaster", "-", "postmaster"}, {"...", "...", "..."}};

	for (size_t i = 0; i < 3; i++) {
		struct check_call *c = fake_new(&recipient_check, STAGE_RCPT, NULL, 0);

		c->has_envelope = true;
		c->envelope.rcpt = rcpt;
		c->envelope.n_rcpt = 2;
		c->envelope.current = i;
		fake_run(c);
		for (size_t k = TO; k <= LOCAL; k++)
			UNIT_CASE(fake_is(c, k, want[i][k]), want[i][0]);
		fake_done(c);
	}
}

static const struct unit_test tests[] = {{"the current recipient", current}};

int
main(void)
{
	return unit_main("checks/recipient", tests, sizeof(tests) / sizeof(*tests));
}
