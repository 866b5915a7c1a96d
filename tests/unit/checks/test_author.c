/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/author.h"

#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

enum row { ADDRESS, DOMAIN, NAME };

static const struct {
	const char *value; /* NULL = no From */
	const char *address, *domain, *name;
} cases[] = {
	{" Joe <j@Example.org>", "j@example.org", "example.org", "Joe"},
	{" j@example.org", "j@example.org", "example.org", "-"},
	{" a@example.org, b@example.com", "a@example.org", "example.org", "-"},
	{" a@[192.0.2.1]", "a@[192.0.2.1]", "-", "-"},
	{" nobody:;", "-", "-", "-"},
	{NULL, "-", "-", "-"},
};

static void
values(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct header_field h = {VIEW("From"), view_str(cases[i].value)};
		struct check_call *c = fake_new(&author_check, STAGE_HEADER, NULL, 0);

		fake_message.field = &h;
		fake_message.n = cases[i].value != NULL;
		fake_run(c);
		UNIT_CASE(fake_is(c, ADDRESS, cases[i].address),
			cases[i].value ? cases[i].value : "none");
		UNIT_CASE(fake_is(c, DOMAIN, cases[i].domain),
			cases[i].value ? cases[i].value : "none");
		UNIT_CASE(
			fake_is(c, NAME, cases[i].name), cases[i].value ? cases[i].value : "none");
		fake_done(c);
	}
}

static const struct unit_test tests[] = {{"reads the author", values}};

int
main(void)
{
	return unit_main("checks/author", tests, sizeof(tests) / sizeof(*tests));
}
