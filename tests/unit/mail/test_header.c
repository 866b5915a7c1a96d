/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/header.h"
#include "tests/lib/unit.h"

static void
unfold(void)
{
	static const struct {
		const char *name;
		struct view in;
		const char *want;
	} t[] = {
		{"plain", VIEW(" text"), "text"},
		{"CRLF and blank", VIEW(" a\r\n b\r\n\tc"), "a b\tc"},
		{"LF and blank", VIEW("a\n b"), "a b"},
		{"CR and blank", VIEW("a\r b"), "a b"},
		{"CRLF without blank", VIEW("a\r\nb"), "a  b"},
		{"bare LF", VIEW("a\nb"), "a b"},
		{"bare CR", VIEW("a\rb"), "a b"},
		{"NUL", VIEW("a\0b"), "a b"},
		{"two CR before LF", VIEW("a\r\r\n b"), "a  b"},
		{"empty lines of blanks", VIEW("a\r\n \r\n b"), "a  b"},
		{"only folding", VIEW("\r\n \r\n\t"), ""},
		{"fold at the end", VIEW("a\r\n"), "a"},
		{"empty", VIEW(""), ""},
		{"8-bit stays", VIEW(" \xc3\xbc\xff"), "\xc3\xbc\xff"},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct view got = header_unfold(t[i].in, a);

		UNIT_CASE(view_eq_str(got, t[i].want), t[i].name);
		UNIT_VIEW(got, t[i].want);
		UNIT_CASE(got.n == 0 || !memchr(got.p, '\n', got.n), t[i].name);
	}
	CU_ASSERT_PTR_NULL(header_unfold((struct view){NULL, 0}, a).p);
	arena_free(a);
}

static void
names(void)
{
	static const struct {
		struct view in;
		bool want;
	} t[] = {
		{VIEW("Subject"), true},
		{VIEW("X-A_b!~"), true},
		{VIEW(""), false},
		{VIEW("a:b"), false},
		{VIEW("a b"), false},
		{VIEW("a\tb"), false},
		{VIEW("a\0b"), false},
		{VIEW("a\r\nBcc"), false},
		{VIEW("\x7f"), false},
		{VIEW("\xc3\xbc"), false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		UNIT_CASE(header_name_ok(t[i].in) == t[i].want, t[i].in.p);
	CU_ASSERT_FALSE(header_name_ok((struct view){NULL, 0}));
}

static const struct unit_test tests[] = {
	{"values are unfolded", unfold},
	{"field names are printable ASCII without colon", names},
};

int
main(void)
{
	return unit_main("mail/header", tests, sizeof(tests) / sizeof(*tests));
}
