/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/json.h"

#include <limits.h>

static void
structure(void)
{
	struct buf b;
	struct json j;

	buf_init(&b, 1000);
	json_init(&j, &b);
	json_open(&j, '{');
	json_key(&j, "a");
	json_number(&j, -3);
	json_key(&j, "b");
	json_open(&j, '[');
	json_text(&j, VIEW("x"));
	json_text(&j, (struct view){NULL, 0});
	json_bool(&j, true);
	json_open(&j, '[');
	json_close(&j, ']');
	json_open(&j, '{');
	json_close(&j, '}');
	json_bool(&j, false);
	json_close(&j, ']');
	json_key_view(&j, VIEW("c"));
	json_null(&j);
	json_close(&j, '}');
	UNIT_VIEW(buf_view(&b), "{\"a\":-3,\"b\":[\"x\",null,true,[],{},false],\"c\":null}");
	buf_done(&b);
}

static void
texts(void)
{
	static const struct {
		const char *name;
		struct view in;
		const char *want;
	} t[] = {
		{"empty", VIEW(""), "\"\""},
		{"quote and backslash", VIEW("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
		{"controls", VIEW("\0\n\r\t\x1f\x7f"),
			"\"\\u0000\\u000a\\u000d\\u0009\\u001f\\u007f\""},
		{"C1 controls", VIEW("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\"\\u0080\\u009b\\u009f\xc2\xa0\""},
		{"UTF-8", VIEW("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
			"\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\""},
		{"one byte", VIEW("\xff"), "{\"b64\":\"/w==\"}"},
		{"two bytes", VIEW("a\xff"), "{\"b64\":\"Yf8=\"}"},
		{"three bytes",
			VIEW("a\xff"
			     "b"),
			"{\"b64\":\"Yf9i\"}"},
		{"quote beside a bad byte", VIEW("\"\xff\"\""), "{\"b64\":\"Iv8iIg==\"}"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct buf b;
		struct json j;

		buf_init(&b, 1000);
		json_init(&j, &b);
		json_text(&j, t[i].in);
		UNIT_CASE(view_eq_str(buf_view(&b), t[i].want), t[i].name);
		UNIT_VIEW(buf_view(&b), t[i].want);
		buf_done(&b);
	}
}

static void
keys(void)
{
	struct buf b;
	struct json j;

	buf_init(&b, 1000);
	json_init(&j, &b);
	json_key_view(&j, VIEW("a\"\n\xff\xc3\xbc\xc3"));
	UNIT_VIEW(buf_view(&b), "\"a\\\"\\u000a\\ufffd\xc3\xbc\\ufffd\":");
	buf_done(&b);
}

static void
numbers(void)
{
	static const struct {
		long long in;
		const char *number, *hundredths;
	} t[] = {
		{0, "0", "0.00"},
		{5, "5", "0.05"},
		{-5, "-5", "-0.05"},
		{650, "650", "6.50"},
		{-199, "-199", "-1.99"},
		{LLONG_MAX, "9223372036854775807", "92233720368547758.07"},
		{LLONG_MIN, "-9223372036854775808", "-92233720368547758.08"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct buf b;
		struct json j;

		buf_init(&b, 1000);
		json_init(&j, &b);
		json_number(&j, t[i].in);
		UNIT_VIEW(buf_view(&b), t[i].number);
		buf_reset(&b);
		json_init(&j, &b);
		json_hundredths(&j, t[i].in);
		UNIT_VIEW(buf_view(&b), t[i].hundredths);
		buf_done(&b);
	}
}

static void
utf8(void)
{
	static const struct {
		const char *name;
		struct view in;
		bool want;
	} t[] = {
		{"empty", VIEW(""), true},
		{"ASCII and NUL", VIEW("a\0\x7f"), true},
		{"two, smallest", VIEW("\xc2\x80"), true},
		{"two, overlong", VIEW("\xc1\xbf"), false},
		{"three, smallest", VIEW("\xe0\xa0\x80"), true},
		{"three, overlong", VIEW("\xe0\x9f\xbf"), false},
		{"before the surrogates", VIEW("\xed\x9f\xbf"), true},
		{"surrogate", VIEW("\xed\xa0\x80"), false},
		{"four, smallest", VIEW("\xf0\x90\x80\x80"), true},
		{"four, overlong", VIEW("\xf0\x8f\xbf\xbf"), false},
		{"largest", VIEW("\xf4\x8f\xbf\xbf"), true},
		{"over U+10FFFF", VIEW("\xf4\x90\x80\x80"), false},
		{"five bytes", VIEW("\xf8\x88\x80\x80\x80"), false},
		{"lone continuation", VIEW("\x80"), false},
		{"cut short", VIEW("a\xe2\x82"), false},
		{"no continuation",
			VIEW("\xc3"
			     "a"),
			false},
		{"Latin-1", VIEW("\xfc"), false},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		UNIT_CASE(json_utf8(t[i].in) == t[i].want, t[i].name);
	CU_ASSERT_TRUE(json_utf8((struct view){NULL, 0}));
}

static const struct unit_test tests[] = {
	{"commas and brackets", structure},
	{"texts", texts},
	{"keys are strings whatever they hold", keys},
	{"numbers", numbers},
	{"UTF-8 is judged strictly", utf8},
};

int
main(void)
{
	return unit_main("util/json", tests, sizeof(tests) / sizeof(*tests));
}
