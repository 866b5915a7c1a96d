/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/encoded_word.h"

#include <stdlib.h>
#include <time.h>

#include "tests/lib/unit.h"
#include "util/limits.h"

#define FFFD "\xEF\xBF\xBD"

static const struct {
	const char *name;
	struct view in;
	const char *want;
} cases[] = {
	/* RFC 2047 section 8 */
	{"one word", VIEW("=?ISO-8859-1?Q?a?="), "a"},
	{"word and text", VIEW("=?ISO-8859-1?Q?a?= b"), "a b"},
	{"a blank between words", VIEW("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?="), "ab"},
	{"blanks between words", VIEW("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?="), "ab"},
	{"folding between words", VIEW("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?="), "ab"},
	{"an encoded blank", VIEW("=?ISO-8859-1?Q?a_b?="), "a b"},
	{"an encoded blank before a word", VIEW("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?="), "a b"},
	{"base64", VIEW("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?="), "If you can read this yo"},
	{"base64 in two", VIEW("=?utf-8?b?YWI=?= =?utf-8?b?Y2Q=?="), "abcd"},
	{"Olle", VIEW("Olle =?iso-8859-1?Q?J=E4rnefors?="), "Olle J\xc3\xa4rnefors"},
	/* what else there is */
	{"no word", VIEW(" plain text "), "plain text"},
	{"8-bit UTF-8", VIEW(" \xc3\xa4 "), "\xc3\xa4"},
	{"8-bit, else", VIEW(" \xe4 "), "\xc3\xa4"},
	{"8-bit beside a word", VIEW("\xe4 =?utf-8?q?=C3=A4?= \xc3\xa4"), "\xc3\xa4 \xc3\xa4 \xc3\xa4"},
	{"folded", VIEW(" a\r\n b"), "a b"},
	{"a character in two words", VIEW("=?utf-8?q?=C3?= =?UTF-8?q?=A4?="), "\xc3\xa4"},
	{"half a character", VIEW("=?utf-8?q?=C3?= x =?utf-8?q?=A4?="), FFFD " x " FFFD},
	{"language", VIEW("=?utf-8*de?q?a?="), "a"},
	{"blanks inside", VIEW("=?utf-8?q?a b?= c"), "a b c"},
	{"no blank before and behind", VIEW("x=?utf-8?q?a?=y"), "xay"},
	{"quoted", VIEW("\"=?utf-8?q?a?=\""), "\"a\""},
	{"a question mark inside", VIEW("=?utf-8?q?a?b?="), "a?b"},
	{"no hex", VIEW("=?utf-8?q?=4=4g=?="), "=4=4g="},
	{"lower hex", VIEW("=?utf-8?q?=c3=a4?="), "\xc3\xa4"},
	{"empty text", VIEW("a =?utf-8?q?" "?= b"), "a  b"},
	{"empty set", VIEW("=?" "?q?=e4?="), "\xc3\xa4"},
	{"unknown set", VIEW("=?x-y?q?=e4?="), "\xc3\xa4"},
	{"base64 with junk", VIEW("=?utf-8?b?Y W!J j?="), "abc"},
	{"base64 without padding", VIEW("=?utf-8?b?YWI?="), "ab"},
	{"base64 padded in the middle", VIEW("=?utf-8?b?YQ==YmM=?="), "abc"},
	{"NUL and line ends", VIEW("=?utf-8?q?a=00b=0D=0Ac?="), "a b  c"},
	{"no end", VIEW("=?utf-8?q?abc"), "=?utf-8?q?abc"},
	{"no end, then one", VIEW("=?utf-8?q?a =?utf-8?q?b?="), "a =?utf-8?q?b"},
	{"other encoding", VIEW("=?utf-8?x?abc?="), "=?utf-8?x?abc?="},
	{"too short", VIEW("=?a?q?="), "=?a?q?="},
	{"blank in the set", VIEW("=?a b?q?c?="), "=?a b?q?c?="},
	{"two false starts", VIEW("=?=?utf-8?q?a?="), "=?a"},
	{"empty", VIEW(""), ""},
};

static void
values(void)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view got = encoded_word_decode(cases[i].in, a);

		UNIT_CASE(view_eq_str(got, cases[i].want), cases[i].name);
		UNIT_VIEW(got, cases[i].want);
	}
	CU_ASSERT_PTR_NULL(encoded_word_decode((struct view){NULL, 0}, a).p);
	arena_free(a);
}

/* The worst that fits into a field takes no more than a moment, and no more memory than its like. */
static void
long_ones(void)
{
	static const char *const parts[] = {"=?", "=?utf-8?q?a?= ", "=?a?b?=", "=?koi8-r?q?=D7?= x ", "=?u?q?"};
	char *in = malloc(HEADER_FIELD_MAX);

	if (!in)
		abort();
	for (size_t p = 0; p < sizeof(parts) / sizeof(*parts); p++) {
		struct arena *a = arena_new();
		struct timespec from, to;
		size_t n = strlen(parts[p]);

		for (size_t i = 0; i < HEADER_FIELD_MAX; i++)
			in[i] = parts[p][i % n];
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		CU_ASSERT(encoded_word_decode(view_of(in, HEADER_FIELD_MAX), a).n > 0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		UNIT_CASE(to.tv_sec - from.tv_sec < 2, parts[p]);
		UNIT_CASE(arena_used(a) < 64 * HEADER_FIELD_MAX, parts[p]);
		arena_free(a);
	}
	free(in);
}

static const struct unit_test tests[] = {
	{"encoded words as readers show them", values},
	{"long fields", long_ones},
};

int
main(void)
{
	return unit_main("mail/mime/encoded_word", tests, sizeof(tests) / sizeof(*tests));
}
