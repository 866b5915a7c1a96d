/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dkim/body_lines.h"

#include "tests/lib/unit.h"

static const struct {
	const char *body;
	bool bare, ended;
	size_t word;
} cases[] = {
	{"", false, false, 0},
	{"a b\r\n\r\nc\r\n", false, true, 0},
	{"a\r\nb c", false, false, 1},
	{"a b\r", false, false, 0},
	{"abc", false, false, 3},
	{"\r\n", false, true, 0},
	{"a\rb\r\n", true, true, 0},
	{"a\r\r\n", true, true, 0},
	{"\ra", true, false, 1},
	{"a\nb\r\n", true, true, 0},
	{"\n", true, false, 0},
	{"a\r\n\n", true, false, 0},
	{"a\r\nb\n\n\n c\r\n", true, true, 0},
};

/* However the body is cut. */
static void
line_ends(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t step = 1; step < 6; step++) {
			struct body_lines b = {.word = 0};
			struct view rest = view_str(cases[i].body);

			for (; rest.n; rest = view_skip(rest, step))
				body_lines_add(&b, view_head(rest, step));
			UNIT_CASE(b.bare == cases[i].bare, cases[i].body);
			UNIT_CASE(b.ended == cases[i].ended, cases[i].body);
			UNIT_CASE(b.word == cases[i].word, cases[i].body);
		}
}

static void
bare_cr(void)
{
	CU_ASSERT(body_lines_bare_cr(VIEW("a\rb")));
	CU_ASSERT(body_lines_bare_cr(VIEW("\r\r\n")));
	CU_ASSERT(!body_lines_bare_cr(VIEW("a\r\nb\nc\r")));
	CU_ASSERT(!body_lines_bare_cr(VIEW("")));
}

static const struct unit_test tests[] = {{"line ends", line_ends}, {"bare CR", bare_cr}};

int
main(void)
{
	return unit_main("mail/dkim/body_lines", tests, sizeof(tests) / sizeof(*tests));
}
