/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/unit.h"
#include "util/view.h"

static const struct view absent;

static void
compares(void)
{
	CU_ASSERT(view_eq(VIEW("a\0b"), VIEW("a\0b")));
	CU_ASSERT(!view_eq(VIEW("a\0b"), VIEW("a\0c")));
	CU_ASSERT(!view_eq(VIEW("a"), VIEW("ab")));
	CU_ASSERT(view_eq(VIEW(""), absent));
	CU_ASSERT(view_eq_nocase(VIEW("aZ\xc3"), VIEW("Az\xc3")));
	CU_ASSERT(!view_eq_nocase(VIEW("\xe9"), VIEW("\xc9"))); /* no locale's letters */
	CU_ASSERT(!view_eq_nocase(VIEW("@"), VIEW("`")));
	CU_ASSERT(!view_eq_nocase(VIEW("["), VIEW("{")));
	CU_ASSERT(view_eq_str(VIEW("abc"), "abc"));
	CU_ASSERT(!view_eq_str(VIEW("abc"), "ABC"));
	CU_ASSERT(!view_eq_str(VIEW("a\0b"), "a"));
	CU_ASSERT(view_is(VIEW("abc"), "ABC"));
	CU_ASSERT(!view_is(VIEW("abcd"), "ABC"));
	CU_ASSERT(view_starts_nocase(VIEW("IPv6:x"), "ipv6:"));
	CU_ASSERT(!view_starts_nocase(VIEW("IPv"), "ipv6:"));
	CU_ASSERT(view_starts_nocase(VIEW("x"), ""));
	CU_ASSERT(view_ends_nocase(VIEW("a.ORG"), VIEW(".org")));
	CU_ASSERT(!view_ends_nocase(VIEW("org"), VIEW(".org")));
	CU_ASSERT(view_ends_nocase(VIEW("x"), VIEW("")));
}

static void
orders(void)
{
	CU_ASSERT_EQUAL(view_cmp(VIEW("a"), VIEW("a")), 0);
	CU_ASSERT_EQUAL(view_cmp(VIEW(""), absent), 0);
	CU_ASSERT(view_cmp(VIEW("a"), VIEW("b")) < 0);
	CU_ASSERT(view_cmp(VIEW("b"), VIEW("a")) > 0);
	CU_ASSERT(view_cmp(VIEW("a"), VIEW("aa")) < 0);
	CU_ASSERT(view_cmp(VIEW("aa"), VIEW("a")) > 0);
	CU_ASSERT(view_cmp(VIEW("\xff"), VIEW("a")) > 0);
	CU_ASSERT(view_cmp(VIEW("B"), VIEW("a")) < 0);
}

static void
finds(void)
{
	CU_ASSERT_EQUAL(view_find(VIEW("abca"), 'a'), 0);
	CU_ASSERT_EQUAL(view_rfind(VIEW("abca"), 'a'), 3);
	CU_ASSERT_EQUAL(view_find(VIEW("abc"), 'x'), 3);
	CU_ASSERT_EQUAL(view_rfind(VIEW("abc"), 'x'), 3);
	CU_ASSERT_EQUAL(view_find(VIEW("a\0b"), 'b'), 2);
	CU_ASSERT_EQUAL(view_find(absent, 'a'), 0);
	CU_ASSERT_EQUAL(view_search_nocase(VIEW("xxABC"), VIEW("abc")), 2);
	CU_ASSERT_EQUAL(view_search_nocase(VIEW("aab"), VIEW("ab")), 1);
	CU_ASSERT_EQUAL(view_search_nocase(VIEW("abc"), VIEW("abcd")), 3);
	CU_ASSERT_EQUAL(view_search_nocase(VIEW("abc"), VIEW("bd")), 3);
	CU_ASSERT_EQUAL(view_search_nocase(VIEW("abc"), VIEW("")), 0);
}

static void
cuts(void)
{
	UNIT_VIEW(view_skip(VIEW("abc"), 1), "bc");
	UNIT_VIEW(view_skip(VIEW("abc"), 9), "");
	UNIT_VIEW(view_head(VIEW("abc"), 2), "ab");
	UNIT_VIEW(view_head(VIEW("abc"), 9), "abc");
	UNIT_VIEW(view_trim(VIEW(" \t\r\na b\n ")), "a b");
	UNIT_VIEW(view_trim(VIEW(" \r\n")), "");
	UNIT_VIEW(view_trim(VIEW("\va")), "\va");
	CU_ASSERT_PTR_NULL(view_skip(absent, 0).p);
	CU_ASSERT_PTR_NULL(view_skip(absent, 3).p);
	CU_ASSERT_PTR_NULL(view_trim(absent).p);
	CU_ASSERT_PTR_NULL(view_str(NULL).p);
}

static void
splits(void)
{
	static const struct {
		const char *in;
		size_t n;
		const char *want[4];
	} t[] = {
		{"a,,b", 3, {"a", "", "b"}},
		{"a", 1, {"a"}},
		{"", 1, {""}},
		{",", 2, {"", ""}},
		{"a,", 2, {"a", ""}},
	};
	struct view rest = absent, piece;

	CU_ASSERT_FALSE(view_split(&rest, ',', &piece));
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		size_t n = 0;

		rest = view_str(t[i].in);
		for (; view_split(&rest, ',', &piece); n++)
			UNIT_CASE(n < t[i].n && view_eq_str(piece, t[i].want[n]), t[i].in);
		UNIT_CASE(n == t[i].n, t[i].in);
		UNIT_CASE(!rest.p, t[i].in);
	}
}

static void
numbers(void)
{
	static const struct {
		struct view in;
		uint64_t max;
		bool ok;
		uint64_t want;
	} t[] = {
		{VIEW("0"), 0, true, 0},
		{VIEW("007"), 10, true, 7},
		{VIEW("255"), 255, true, 255},
		{VIEW("256"), 255, false, 0},
		{VIEW("9999999999999999999"), UINT64_MAX, true, 9999999999999999999ULL},
		{VIEW("18446744073709551616"), UINT64_MAX, false, 0},
		{VIEW("99999999999999999999999"), UINT64_MAX, false, 0},
		{VIEW(""), 10, false, 0},
		{VIEW("-1"), 10, false, 0},
		{VIEW("+1"), 10, false, 0},
		{VIEW(" 1"), 10, false, 0},
		{VIEW("1 "), 10, false, 0},
		{VIEW("1\0"), 10, false, 0},
		{VIEW("1x"), 10, false, 0},
		{VIEW("0x1"), 10, false, 0},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		uint64_t got = 12345;

		UNIT_CASE(view_number(t[i].in, t[i].max, &got) == t[i].ok, t[i].in.p);
		UNIT_CASE(got == (t[i].ok ? t[i].want : 12345), t[i].in.p);
	}
	CU_ASSERT_FALSE(view_number(absent, 10, &(uint64_t){0}));
}

static void
letters(void)
{
	for (int c = 0; c < 256; c++) {
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

		CU_ASSERT_EQUAL(view_lower((char)c), (char)(upper ? c + 32 : c));
		CU_ASSERT_EQUAL(view_is_alpha((char)c), upper || lower);
		CU_ASSERT_EQUAL(view_is_digit((char)c), c >= '0' && c <= '9');
		CU_ASSERT_EQUAL(
			view_is_space((char)c), c == ' ' || c == '\t' || c == '\r' || c == '\n');
	}
}

static const struct unit_test tests[] = {
	{"compares bytes, not locales", compares},
	{"orders", orders},
	{"finds", finds},
	{"cuts", cuts},
	{"splits at a byte", splits},
	{"numbers are digits only", numbers},
	{"classes are ASCII", letters},
};

int
main(void)
{
	return unit_main("util/view", tests, sizeof(tests) / sizeof(*tests));
}
