/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/fields.h"

#include "tests/unit/checks/fake_check.c"
#include "tests/unit/checks/fake_message.c"

enum row { HEADER, HEADER_COUNT, SUBJECT, MSGID, MAILER, DATE_SKEW, RECEIVED_COUNT, HEADERS };

enum { NOW = 1795313361 }; /* 22 Nov 2026 02:09:21 UTC */

static const struct header_field full[] = {
	{VIEW("Received"), VIEW(" from a")},
	{VIEW("received"), VIEW(" from b")},
	{VIEW("SUBJECT"), VIEW(" =?utf-8?q?K=C3=A4se?=\r\n und Brot")},
	{VIEW("Subject"), VIEW(" second")},
	{VIEW("Message-Id"), VIEW(" <1@example.org>")},
	{VIEW("User-Agent"), VIEW(" Agent/1")},
	{VIEW("X-Mailer"), VIEW(" Mailer 2")},
	{VIEW("Date"), VIEW(" Sun, 22 Nov 2026 03:09:11 +0100")},
	{VIEW("X-Empty"), VIEW("")},
	{VIEW("X-Odd"), VIEW(" a\r\n b\rc\0d\xff")},
};

static struct check_call *
run(const struct header_field *h, size_t n)
{
	struct check_call *c = fake_new(&fields_check, STAGE_HEADER, NULL, 0);

	c->now = NOW;
	fake_message.field = h;
	fake_message.n = n;
	fake_run(c);
	return c;
}

static void
well_known(void)
{
	struct check_call *c = run(full, 10), *none = run(NULL, 0);

	CU_ASSERT(fake_is(c, SUBJECT, "K\xc3\xa4se und Brot"));
	CU_ASSERT(fake_is(c, MSGID, "<1@example.org>"));
	CU_ASSERT(fake_is(c, MAILER, "Mailer 2"));
	CU_ASSERT(fake_is(c, DATE_SKEW, "10"));
	CU_ASSERT(fake_is(c, RECEIVED_COUNT, "2"));
	CU_ASSERT(fake_is(none, SUBJECT, "-"));
	CU_ASSERT(fake_is(none, MSGID, "-"));
	CU_ASSERT(fake_is(none, MAILER, "-"));
	CU_ASSERT(fake_is(none, DATE_SKEW, "-"));
	CU_ASSERT(fake_is(none, RECEIVED_COUNT, "0"));
	CU_ASSERT(fake_is(none, HEADERS, "-"));
	fake_done(c);
	fake_done(none);
	c = run(full, 6);
	CU_ASSERT(fake_is(c, MAILER, "Agent/1"));
	fake_done(c);
}

static const struct {
	const char *value, *want;
} dates[] = {
	{"22 Nov 2026 02:09:21 GMT", "0"},
	{"22 Nov 2026 02:10:21 GMT", "60"},
	{"21 Nov 2026 02:09:21 GMT", "86400"},
	{"22 Nov 2026 02:09:21 -1000", "36000"},
	{"yesterday", "-"},
	{"", "-"},
};

static void
skew(void)
{
	for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
		struct header_field h = {VIEW("date"), view_str(dates[i].value)};
		struct check_call *c = run(&h, 1);

		UNIT_CASE(fake_is(c, DATE_SKEW, dates[i].want), dates[i].value);
		fake_done(c);
	}
}

static void
all_fields(void)
{
	static const char want[] = "Date: Sun, 22 Nov 2026 03:09:11 +0100\nX-Empty:\nX-Odd: a\n b\rc\0d\xff\n";
	struct check_call *c = run(full + 7, 3);

	CU_ASSERT_EQUAL(c->value[HEADERS].state, FACT_KNOWN);
	CU_ASSERT(view_eq(c->value[HEADERS].text, view_of(want, sizeof(want) - 1)));
	fake_done(c);
}

static const struct {
	enum row row;
	struct view arg;
	const char *want;
} slots_want[] = {
	{HEADER, VIEW("subject"), "K\xc3\xa4se und Brot"},
	{HEADER, VIEW("x-empty"), ""},
	{HEADER, VIEW("x-none"), "-"},
	{HEADER, VIEW("x-odd"), "a b c d\xc3\xbf"},
	{HEADER_COUNT, VIEW("received"), "2"},
	{HEADER_COUNT, VIEW("x-none"), "0"},
	{SUBJECT, {NULL, 0}, "..."}, /* of no argument: set by its row */
};
enum { SLOTS = sizeof(slots_want) / sizeof(*slots_want) };

static void
arguments(void)
{
	struct check_call *c = fake_new(&fields_check, STAGE_HEADER, NULL, 0);
	struct slot slot[SLOTS + 1];
	size_t own[SLOTS];

	memset(slot, 0, sizeof(slot));
	for (size_t i = 0; i < SLOTS; i++) {
		own[i] = i + 1; /* slot 0 is another check's */
		slot[i + 1] = (struct slot){
			.def = &fields_check.facts[slots_want[i].row], .arg = slots_want[i].arg};
	}
	c->program.slots = slot;
	c->program.n_slots = SLOTS + 1;
	c->own = own;
	c->n_own = SLOTS;
	fake_message.field = full;
	fake_message.n = 10;
	fake_run(c);
	CU_ASSERT_EQUAL(c->slot[0].state, FACT_PENDING);
	for (size_t i = 0; i < SLOTS; i++) {
		const char *got = fake_text(c, slot[i + 1].def, &c->slot[i + 1]);

		UNIT_CASE(strcmp(got, slots_want[i].want) == 0, slots_want[i].want);
	}
	fake_done(c);
}

static const struct unit_test tests[] = {
	{"fields with a name of their own", well_known},
	{"the date against the clock", skew},
	{"all fields as they came", all_fields},
	{"header(\"X\") and header-count(\"X\")", arguments},
};

int
main(void)
{
	return unit_main("checks/fields", tests, sizeof(tests) / sizeof(*tests));
}
