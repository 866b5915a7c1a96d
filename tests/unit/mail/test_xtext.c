/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/xtext.h"
#include "tests/lib/unit.h"

static void
decodes(void)
{
	static const struct {
		const char *in, *want; /* NULL: none */
	} t[] = {
		{"", ""},
		{"abc", "abc"},
		{"a+2Bb+3Dc", "a+b=c"},
		{"a+2bb", "a+b"},
		{"a=b", "a=b"},
		{"+0D+0A", "\r\n"},
		{"+", NULL},
		{"a+2", NULL},
		{"a+2G", NULL},
		{"a b", NULL},
		{"a\tb", NULL},
		{"a\x7f", NULL},
		{"\xc3\xbc", "\xc3\xbc"},
		{"\xc3", NULL},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct view got = xtext_decode(view_str(t[i].in), a);

		UNIT_CASE(t[i].want ? view_eq_str(got, t[i].want) : !got.p, t[i].in);
	}
	CU_ASSERT(xtext_ok(VIEW("\xc3\xbc"), true));
	CU_ASSERT_FALSE(xtext_ok(VIEW("\xc3\xbc"), false));
	arena_free(a);
}

static void
all_bytes(void)
{
	struct arena *a = arena_new();
	char bytes[256];
	struct buf b;

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	buf_init(&b, 1024);
	xtext_encode(view_of(bytes, 256), &b);
	CU_ASSERT(xtext_ok(buf_view(&b), false));
	CU_ASSERT(view_eq(xtext_decode(buf_view(&b), a), view_of(bytes, 256)));
	buf_reset(&b);
	xtext_encode(VIEW("a+b=c \r\n~!"), &b);
	UNIT_VIEW(buf_view(&b), "a+2Bb+3Dc+20+0D+0A~!");
	buf_done(&b);
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"what is xtext", decodes},
	{"every byte there and back", all_bytes},
};

int
main(void)
{
	return unit_main("mail/smtp/xtext", tests, sizeof(tests) / sizeof(*tests));
}
