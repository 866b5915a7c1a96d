/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/addressees.h"

#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"
#include "util/limits.h"

enum row { COUNT, UNDISCLOSED };

static const struct {
	const char *name;
	struct header_field field[3];
	const char *count, *undisclosed;
} cases[] = {
	{"none", {{VIEW("From"), VIEW(" a@example.org")}}, "0", "yes"},
	{"one", {{VIEW("To"), VIEW(" a@example.org")}}, "1", "no"},
	{"Cc only", {{VIEW("CC"), VIEW(" a@example.org, b@example.org")}}, "2", "no"},
	{"both", {{VIEW("to"), VIEW(" a@example.org")}, {VIEW("cc"), VIEW(" b@example.org, c@example.org")}}, "3", "no"},
	{"two To", {{VIEW("To"), VIEW(" a@example.org")}, {VIEW("To"), VIEW(" a@example.org")}}, "2", "no"},
	{"empty group", {{VIEW("To"), VIEW(" undisclosed-recipients:;")}}, "0", "yes"},
	{"group", {{VIEW("To"), VIEW(" us: a@example.org, b@example.org;")}}, "2", "no"},
	{"no address", {{VIEW("To"), VIEW(" \"Undisclosed recipients\"")}}, "0", "yes"},
	{"empty", {{VIEW("To"), VIEW("")}}, "0", "yes"},
};

static void
values(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct check_call *c = fake_new(&addressees_check, STAGE_HEADER, NULL, 0);

		fake_message.field = cases[i].field;
		fake_message.n = cases[i].field[2].name.n ? 3 : cases[i].field[1].name.n ? 2 : 1;
		fake_run(c);
		UNIT_CASE(fake_is(c, COUNT, cases[i].count), cases[i].name);
		UNIT_CASE(fake_is(c, UNDISCLOSED, cases[i].undisclosed), cases[i].name);
		fake_done(c);
	}
}

static void
many(void)
{
	struct check_call *c = fake_new(&addressees_check, STAGE_HEADER, NULL, 0);
	char text[16 * (ADDRESSES_MAX + 1)];
	struct header_field h = {VIEW("To"), view_of(text, sizeof(text))};

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "a@example.org , "[i % 16];
	fake_message.field = &h;
	fake_message.n = 1;
	fake_run(c);
	CU_ASSERT(fake_is(c, COUNT, "100"));
	fake_done(c);
}

static const struct unit_test tests[] = {{"counts addresses", values}, {"at most 100 of a field", many}};

int
main(void)
{
	return unit_main("checks/addressees", tests, sizeof(tests) / sizeof(*tests));
}
