/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/charset.h"

#include <stdlib.h>

#include "tests/lib/unit.h"
#include "util/json.h"
#include "util/limits.h"

#define FFFD "\xEF\xBF\xBD"

static const struct {
	const char *charset; /* NULL: none was given */
	struct view in;
	const char *want;
} cases[] = {
	{NULL, VIEW("plain"), "plain"},
	{NULL, VIEW("\xc3\xa4"), "\xc3\xa4"},
	{NULL, VIEW("\xe4"), "\xc3\xa4"},
	{NULL, VIEW("\x80 \x81 \xff"), "\xe2\x82\xac " FFFD " \xc3\xbf"},
	{"utf-8", VIEW("\xc3\xa4"), "\xc3\xa4"},
	{"UTF8", VIEW("a\xe4z"), "a" FFFD "z"},
	{"utf-8", VIEW("a\xc3"), "a" FFFD},
	{"utf-8", VIEW("\xed\xa0\x80"), FFFD FFFD FFFD},
	{"us-ascii", VIEW("\xe4"), "\xc3\xa4"},
	{"us-ascii", VIEW("\xc3\xa4"), "\xc3\xa4"},
	{"ISO-8859-1", VIEW("\x93x\x94"), "\xe2\x80\x9cx\xe2\x80\x9d"},
	{"iso-8859-15", VIEW("\xa4"), "\xe2\x82\xac"},
	{"iso-8859-9", VIEW("\xfe"), "\xc5\x9f"},
	{"koi8-r", VIEW("\xd7"), "\xd0\xb2"},
	{"gb2312", VIEW("\x81\x40"), "\xe4\xb8\x82"},
	{"shift_jis", VIEW("\x83\x41"), "\xe3\x82\xa2"},
	{"ks_c_5601-1987", VIEW("\xb0\xa1"), "\xea\xb0\x80"},
	{"big5", VIEW("\xa4\xa4"), "\xe4\xb8\xad"},
	{"iso-2022-jp", VIEW("\x1b$B%\"\x1b(B"), "\xe3\x82\xa2"},
	{"utf-16be", VIEW("\0a\0\xe4"), "a\xc3\xa4"},
	{"utf-16be", VIEW("\0a\0"), "a" FFFD},
	{"utf-7", VIEW("+AOQ-"), "\xc3\xa4"},
	{"windows-1255", VIEW("a\xff"), "a" FFFD},
	{"no-such-set", VIEW("\xe4"), "\xc3\xa4"},
	{"utf-8//IGNORE", VIEW("\xe4"), "\xc3\xa4"},
	{"../../x", VIEW("\xe4"), "\xc3\xa4"},
	{"", VIEW("\xe4"), "\xc3\xa4"},
	{"koi8-r", VIEW(""), ""},
};

static void
values(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view got = charset_utf8(view_str(cases[i].charset), cases[i].in, a);

		UNIT_VIEW(got, cases[i].want);
		UNIT_CASE(json_utf8(got), cases[i].charset ? cases[i].charset : "none");
	}
	CU_ASSERT_PTR_NULL(charset_utf8(VIEW("utf-8"), (struct view){NULL, 0}, a).p);
	arena_free(a);
}

/* One byte of TSCII is up to four characters: what is over the limit is cut, at a character. */
static void
growth(void)
{
	struct arena *a = arena_new();
	char in[1000];
	struct view got;

	memset(in, '\x88', sizeof(in));
	got = charset_utf8(VIEW("tscii"), view_of(in, sizeof(in)), a);
	CU_ASSERT(got.n > sizeof(in) && got.n <= sizeof(in) * CHARSET_GROWTH + 16);
	CU_ASSERT(json_utf8(got));
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"sets as mail readers know them", values},
	{"text may grow only so far", growth},
};

int
main(void)
{
	return unit_main("mail/charset", tests, sizeof(tests) / sizeof(*tests));
}
