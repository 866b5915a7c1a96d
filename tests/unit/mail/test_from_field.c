/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/from_field.h"

#include "tests/lib/unit.h"

static const struct {
	const char *value;
	size_t count;
	enum from_field_status want;
	const char *address; /* NULL = none */
} cases[] = {
	{" a@example.org", 1, FROM_FIELD_ONE, "a@example.org"},
	{" \"A, B\" <a@Example.ORG>", 1, FROM_FIELD_ONE, "a@example.org"},
	{"\r\n A\r\n\t<a@example.org>", 1, FROM_FIELD_ONE, "a@example.org"},
	{" a@example.org", 2, FROM_FIELD_MANY, "a@example.org"},
	{" a@example.org, b@example.org", 1, FROM_FIELD_MANY, "a@example.org"},
	{" a@example.org, b@example.com", 1, FROM_FIELD_MANY, "a@example.org"},
	{" us: a@example.org, b@example.com;", 1, FROM_FIELD_MANY, "a@example.org"},
	{" nobody:;", 1, FROM_FIELD_NONE, NULL},
	{"", 1, FROM_FIELD_NONE, NULL},
	{" a@[192.0.2.1]", 1, FROM_FIELD_BAD, "a@[192.0.2.1]"},
	{" a@example.org <b@example.com>", 1, FROM_FIELD_ONE, "b@example.com"},
	{" =?utf-8?q?a=40example.org?=", 1, FROM_FIELD_BAD, NULL},
	{" a", 1, FROM_FIELD_BAD, NULL},
	{" a@", 1, FROM_FIELD_BAD, NULL},
};

static void
reads(void)
{
	struct arena *a = arena_new();
	struct address out;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct header_field h = {VIEW("From"), view_str(cases[i].value)};

		UNIT_CASE(from_field_read(&h, cases[i].count, a, &out) == cases[i].want,
			cases[i].value);
		UNIT_CASE(!cases[i].address || view_eq_str(out.text, cases[i].address),
			cases[i].value);
	}
	CU_ASSERT(from_field_read(NULL, 0, a, &out) == FROM_FIELD_NONE && !out.text.p);
	CU_ASSERT_STRING_EQUAL(from_field_why(FROM_FIELD_MANY), "more than one author");
	arena_free(a);
}

static const struct unit_test tests[] = {{"tells one author from anything else", reads}};

int
main(void)
{
	return unit_main("mail/from_field", tests, sizeof(tests) / sizeof(*tests));
}
