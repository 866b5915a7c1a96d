/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/recipient.h"

#include "tests/unit/checks/fake_check.c"

enum row { TO, DOMAIN, LOCAL, VALID };

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

static void
answers(void)
{
	static const char *const want[] = {[CHECK_ANSWER_NONE] = "-", [CHECK_ANSWER_AWAITED] = "...",
		[CHECK_ANSWER_TAKEN] = "yes"};

	for (int i = CHECK_ANSWER_NONE; i <= CHECK_ANSWER_TAKEN; i++) {
		struct check_call *c = fake_new(&recipient_check, STAGE_RCPT, NULL, 0);

		c->has_envelope = true;
		c->envelope.rcpt = rcpt;
		c->envelope.n_rcpt = 1;
		c->envelope.answer = i;
		fake_run(c);
		UNIT_CASE(fake_is(c, VALID, want[i]), want[i]);
		fake_done(c);
	}
}

static const struct unit_test tests[] = {
	{"the current recipient", current},
	{"what the backend says of it", answers},
};

int
main(void)
{
	return unit_main("checks/recipient", tests, sizeof(tests) / sizeof(*tests));
}
