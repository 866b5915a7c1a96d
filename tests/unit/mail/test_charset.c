/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/charset.h"

#include <iconv.h>
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
	{"euc-kr", VIEW("a\xc9"), "a" FFFD},
	{"ks_c_5601-1987", VIEW("\xb0\xa1\xc9\xfe"), "\xea\xb0\x80" FFFD FFFD},
	{"no-such-set", VIEW("\xe4"), "\xc3\xa4"},
	{"iso-2022-cn-ext", VIEW("hello\x0e"), "hello\x0e"},
	{"tscii", VIEW("\x88"), "\xcb\x86"},
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

/* Whatever two bytes a text of CP949 ends in: some its converter takes and then refuses. */
static void
ends(void)
{
	char in[64];

	memset(in, 'z', sizeof(in));
	for (unsigned i = 0; i < 65536; i++) {
		struct arena *a = arena_new();
		struct view got;

		in[0] = (char)(i >> 8);
		in[1] = (char)i;
		got = charset_utf8(VIEW("euc-kr"), view_of(in, 2), a);
		CU_ASSERT_FATAL(got.n >= 1 && got.n <= 6 && json_utf8(got));
		arena_free(a);
	}
}

/* Every byte becomes three. */
static void
growth(void)
{
	struct arena *a = arena_new();
	char in[1000];

	memset(in, '\xff', sizeof(in));
	CU_ASSERT_EQUAL(charset_utf8(VIEW("windows-1255"), view_of(in, sizeof(in)), a).n, 3 * sizeof(in));
	arena_free(a);
}

static void
for_others(void)
{
	iconv_t cd = iconv_open("UTF-8", "KOI8-R");

	CU_ASSERT_PTR_NOT_EQUAL_FATAL(cd, (iconv_t)-1);
	iconv_close(cd);
	CU_ASSERT_PTR_EQUAL(iconv_open("UTF-8", "ISO-2022-CN-EXT"), (iconv_t)-1);
	CU_ASSERT_PTR_EQUAL(iconv_open("UTF-8", "CP949"), (iconv_t)-1);
	CU_ASSERT_PTR_EQUAL(iconv_open("UTF-8", "KOI8-R//IGNORE"), (iconv_t)-1);
}

static const struct unit_test tests[] = {
	{"sets as mail readers know them", values},
	{"a text may end anyhow", ends},
	{"text may grow only so far", growth},
	{"libraries can open no other sets", for_others},
};

int
main(void)
{
	return unit_main("mail/mime/charset", tests, sizeof(tests) / sizeof(*tests));
}
