/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/lexeme.h"
#include "tests/lib/unit.h"

/* The lexemes as one letter each, "'" before those with a blank or comment before them. */
static void
kinds(struct view in, bool path, char *out, bool *bad)
{
	static const char letters[] = ".WEQLSJ";
	struct lexeme l;

	for (lexeme_init(&l, in, path); l.kind != LEXEME_END; lexeme_next(&l)) {
		if (l.spaced)
			*out++ = '\'';
		*out++ = letters[l.kind];
	}
	*out = 0;
	*bad = l.bad;
}

static void
words(void)
{
	static const struct {
		struct view in;
		const char *want;
		bool path, bad;
	} t[] = {
		{VIEW(""), "", false, false},
		{VIEW(" (only) (comments) "), "", false, false},
		{VIEW("a.b@c.example"), "WSW", false, false},
		{VIEW("a . b"), "W'W'W", false, false},
		{VIEW("\"a b\"<x>"), "QSWS", false, false},
		{VIEW("(c)a(c)b"), "'W'W", false, false},
		{VIEW("(a(b(c)d)e)f"), "'W", false, false},
		{VIEW("(a\\)b)f"), "'W", false, false},
		{VIEW("\"a\\\"b\"c"), "QW", false, false},
		{VIEW("[192.0.2.1]"), "L", false, false},
		{VIEW("=?utf-8?q?a@b?=,x"), "ESW", false, false},
		{VIEW("=?utf-8?q?a@b?=,x"), "WSWSW", true, false},
		{VIEW("=?utf-8?B?a@b?= =?u?b?@?= =?u?Q?@?="), "E'E'E", false, false},
		{VIEW("=?utf-8?x?a?="), "W", false, false},
		{VIEW("=?utf-8?q?a b?="), "W'W", false, false},
		{VIEW("=??q?a?="), "W", false, false},
		{VIEW("=?u?q?a?"), "W", false, false},
		{VIEW("\"a b"), "JW'W", false, true},
		{VIEW("\"a\" \"b\\\""), "Q'JWJJ", false, true},
		{VIEW("(a b"), "JW'W", false, true},
		{VIEW("(a (b)"), "JW'JWJ", false, true},
		{VIEW("a)b"), "WJW", false, true},
		{VIEW("[a"), "JW", false, true},
		{VIEW("[[]"), "JL", false, true},
		{VIEW("a\\b"), "WJW", false, true},
		{VIEW("a\0b"), "WJW", false, true},
		{VIEW("\xc3\xbc"), "W", false, false},
		{VIEW("a b"), "WJW", true, true},
		{VIEW("a(b)"), "WJWJ", true, true},
		{VIEW("\x7f"), "J", false, true},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		char got[64];
		bool bad;

		kinds(t[i].in, t[i].path, got, &bad);
		UNIT_CASE(strcmp(got, t[i].want) == 0, t[i].in.p);
		UNIT_CASE(bad == t[i].bad, t[i].in.p);
	}
}

static void
ends(void)
{
	struct lexeme l;

	lexeme_init(&l, (struct view){NULL, 0}, false);
	CU_ASSERT_EQUAL(l.kind, LEXEME_END);
	lexeme_next(&l);
	CU_ASSERT_EQUAL(l.kind, LEXEME_END);
	CU_ASSERT_FALSE(lexeme_is(&l, '@'));
	lexeme_init(&l, VIEW("@"), false);
	CU_ASSERT_TRUE(lexeme_is(&l, '@'));
	CU_ASSERT_FALSE(lexeme_is(&l, '<'));
}

static void
pieces(void)
{
	struct arena *a = arena_new();

	CU_ASSERT_EQUAL(lexeme_comment(VIEW("(a)b")), 3);
	CU_ASSERT_EQUAL(lexeme_comment(VIEW("(a\\)")), 0);
	CU_ASSERT_EQUAL(lexeme_comment(VIEW("(\\")), 0);
	CU_ASSERT_EQUAL(lexeme_comment(VIEW(")")), 0);
	CU_ASSERT_EQUAL(lexeme_comment(VIEW("")), 0);
	CU_ASSERT_EQUAL(lexeme_quoted(VIEW("\"\"x")), 2);
	CU_ASSERT_EQUAL(lexeme_quoted(VIEW("\"\\\"")), 0);
	CU_ASSERT_EQUAL(lexeme_quoted(VIEW("x\"\"")), 0);
	UNIT_VIEW(lexeme_skip_cfws(VIEW(" (a) \r\n (b)c")), "c");
	UNIT_VIEW(lexeme_skip_cfws(VIEW(" ")), "");
	CU_ASSERT_PTR_NULL(lexeme_skip_cfws(VIEW("(a) (b")).p);
	UNIT_VIEW(lexeme_unquote(VIEW("\"a\\\"b\\\\c\""), a), "a\"b\\c");
	UNIT_VIEW(lexeme_unquote(VIEW("\"a\r\n b\""), a), "a b");
	UNIT_VIEW(lexeme_unquote(VIEW("\"\""), a), "");
	UNIT_VIEW(lexeme_unquote(VIEW("\""), a), "");
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"fields and paths fall into words", words},
	{"the end stays the end", ends},
	{"comments, blanks and quoted strings", pieces},
};

int
main(void)
{
	return unit_main("mail/lexeme", tests, sizeof(tests) / sizeof(*tests));
}
