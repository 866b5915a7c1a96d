/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/recipients.h"

#include "tests/unit/checks/fake_check.c"

enum row { COUNT, REJECTED, DOMAINS, ADDRESSES };

static const struct address rcpt[] = {
	{.local = {"a", 1}, .domain = {"x.example", 9}, .text = {"a@x.example", 11}},
	{.local = {"postmaster", 10}, .text = {"postmaster", 10}},
	{.local = {"b", 1}, .domain = {"y.example", 9}, .text = {"b@y.example", 11}},
};

static void
counts(void)
{
	struct check_call *c = fake_new(&recipients_check, STAGE_RCPT, NULL, 0);

	c->has_envelope = true;
	c->envelope.rcpt = rcpt;
	c->envelope.n_rcpt = 3;
	c->envelope.n_rejected = 2;
	fake_run(c);
	UNIT_CASE(fake_is(c, COUNT, "3"), "count");
	UNIT_CASE(fake_is(c, REJECTED, "2"), "rejected");
	CU_ASSERT_EQUAL(c->value[DOMAINS].list.n, 2);
	UNIT_VIEW(c->value[DOMAINS].list.item[1], "y.example");
	CU_ASSERT_EQUAL(c->value[ADDRESSES].list.n, 3);
	UNIT_VIEW(c->value[ADDRESSES].list.item[1], "postmaster");
	fake_done(c);
}

static const struct unit_test tests[] = {{"numbers and lists", counts}};

int
main(void)
{
	return unit_main("checks/recipients", tests, sizeof(tests) / sizeof(*tests));
}
