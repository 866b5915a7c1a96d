/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/status/status_words.h"

#include "tests/lib/unit.h"

static const struct {
	const char *line, *key, *want; /* NULL = absent */
} cases[] = {
	{"state=ill seconds=3 why=\"connection refused\"", "state", "ill"},
	{"state=ill seconds=3 why=\"connection refused\"", "seconds", "3"},
	{"state=ill seconds=3 why=\"connection refused\"", "why", "connection refused"},
	{"why=\"it said \"no\"; a=b\" next=1", "next", "1"},
	{"why=\"it said \"no\"; a=b\" next=1", "why", "it said \"no\"; a=b"},
	{"why=\"not closed next=1", "why", "not closed next=1"},
	{"why=\"not closed next=1", "next", NULL},
	{"why=\"\" next=1", "why", ""},
	{"empty= next=1", "empty", ""},
	{"empty= next=1", "next", "1"},
	{"  a=1   b=2  ", "b", "2"},
	{"a=b=c", "a", "b=c"},
	{"a=1 no word b=2", "b", NULL},
	{"=1 a=2", "a", NULL},
	{"", "a", NULL},
	{"a", "a", NULL},
};

static void
words(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view got = status_words_get(view_str(cases[i].line), cases[i].key);

		if (cases[i].want)
			UNIT_CASE(got.p && view_eq_str(got, cases[i].want), cases[i].line);
		else
			UNIT_CASE(!got.p, cases[i].line);
	}
}

static const struct unit_test tests[] = {{"words of a line", words}};

int
main(void)
{
	return unit_main("cmd/status/status_words", tests, sizeof(tests) / sizeof(*tests));
}
