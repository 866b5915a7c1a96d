/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex.h"

#include <pthread.h>
#include <stdlib.h>

#include "tests/lib/unit.h"

static const struct {
	const char *source;
	struct view text;
	enum regex_answer want;
} finds[] = {
	{"/invoice/", VIEW("your invoice 7"), REGEX_YES},
	{"/invoice/", VIEW("your INVOICE 7"), REGEX_NO},
	{"/invoice/i", VIEW("your INVOICE 7"), REGEX_YES},
	{"/^b$/", VIEW("a\nb\nc"), REGEX_NO},
	{"/^b$/m", VIEW("a\nb\nc"), REGEX_YES},
	{"/a.b/", VIEW("a\nb"), REGEX_NO},
	{"/a.b/s", VIEW("a\nb"), REGEX_YES},
	{"/a b # said/x", VIEW("ab"), REGEX_YES},
	{"/a\\/b/", VIEW("a/b"), REGEX_YES},
	{"/[/]x/", VIEW("/x"), REGEX_YES},
	{"/\xc3\xa4/i", VIEW("\xc3\x84"), REGEX_YES},
	{"/^.$/", VIEW("\xc3\xa4"), REGEX_YES},
	{"/b/", VIEW("\xff\xfe b"), REGEX_YES},
	{"/\xff/", VIEW("x"), REGEX_LIMIT}, /* stands for "no such expression" */
	{"/a\\Cb/", VIEW("x"), REGEX_LIMIT},
	{"/x", VIEW("x"), REGEX_LIMIT},
	{"/", VIEW("x"), REGEX_LIMIT},
	{"", VIEW("x"), REGEX_LIMIT},
	{"//", VIEW(""), REGEX_YES},
	{"/a\\0b/", VIEW("a\0b"), REGEX_YES},
};

static void
finds_text(void)
{
	for (size_t i = 0; i < sizeof(finds) / sizeof(*finds); i++) {
		struct regex_note note;
		struct regex *r = regex_new(view_str(finds[i].source), &note);

		UNIT_CASE((r == NULL) == (finds[i].want == REGEX_LIMIT), finds[i].source);
		UNIT_CASE((r == NULL) == (note.text[0] != 0), finds[i].source);
		if (r)
			UNIT_CASE(regex_find(r, finds[i].text) == finds[i].want, finds[i].source);
		regex_free(r);
	}
}

#define TEN_GROUPS   "()()()()()()()()()()"
#define FIFTY_GROUPS TEN_GROUPS TEN_GROUPS TEN_GROUPS TEN_GROUPS TEN_GROUPS

/* Each reaches one of our limits, and neither another nor one of PCRE2's own. The interpreter alone has
 * depth and heap; with many groups a level takes much of the latter. */
static const struct {
	const char *what, *source;
	size_t n; /* of 'a', and a 'b' */
} limits[] = {
	{"match", "/^(a+)+$/", 21},
	{"depth", "/(*NO_JIT)^(a|b)*[cd]/", 3000},
	{"heap", "/(*NO_JIT)^(a|b)*[cd]" FIFTY_GROUPS FIFTY_GROUPS FIFTY_GROUPS FIFTY_GROUPS "/", 2000},
};

static void
stops_at_its_limits(void)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct regex_note note;
		struct regex *r = regex_new(view_str(limits[i].source), &note);
		char *text = malloc(limits[i].n + 1);

		CU_ASSERT_FATAL(r && text);
		memset(text, 'a', limits[i].n);
		text[limits[i].n] = 'b';
		CU_ASSERT_EQUAL(regex_overruns(r), 0);
		UNIT_CASE(regex_find(r, view_of(text, limits[i].n + 1)) == REGEX_LIMIT, limits[i].what);
		CU_ASSERT_EQUAL(regex_overruns(r), 1);
		UNIT_CASE(regex_find(r, VIEW("aac")) != REGEX_LIMIT, limits[i].what);
		CU_ASSERT_EQUAL(regex_overruns(r), 1);
		regex_free(r);
		free(text);
	}
}

static void *
search(void *arg)
{
	const struct regex *r = arg;

	for (int i = 0; i < 1000; i++) {
		if (regex_find(r, VIEW("find the needle here")) != REGEX_YES)
			return arg;
	}
	return NULL;
}

static void
is_shared_by_threads(void)
{
	struct regex_note note;
	struct regex *r = regex_new(VIEW("/need(le|les) /"), &note);
	pthread_t t[4];

	CU_ASSERT_FATAL(r != NULL);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(pthread_create(&t[i], NULL, search, r), 0);
	for (int i = 0; i < 4; i++) {
		void *failed;

		pthread_join(t[i], &failed);
		CU_ASSERT_PTR_NULL(failed);
	}
	regex_free(r);
}

static const struct {
	const char *source;
	bool slow;
} nested[] = {
	{"/(a+)+$/", true},
	{"/(?:x*y)*z/", true},
	{"/((ab+)c)+/", true},
	{"/(a{2,})+/", true},
	{"/(a+){3,}/", true},
	{"/(a+)++/", false},
	{"/(a++)+/", false},
	{"/(a++b+)+/", true},
	{"/((a++)b+)+/", true},
	{"/(a{1,40})+/", false},
	{"/(a+)?b+/", false},
	{"/(a|b)+c+/", false},
	{"/[(a+)]+/", false},
	{"/\\(a+\\)+/", false},
	{"/a)+/", false},
	{"/[]*)]+(/", false},
	{"/(a+){1,3}/", false},
	{"/(.*a){20}/", true},
	{"/(.*a){2,12}/", true},
	{"/(?:(?:a+b){1,2}c){100,}/", true},
	{"/(a{1,40}){20}/", false},
	{"/(a+){9}/", false},
	{"/(a+)\\{20}/", false},
};

static void
knows_nested_repetition(void)
{
	for (size_t i = 0; i < sizeof(nested) / sizeof(*nested); i++)
		UNIT_CASE(regex_is_slow(view_str(nested[i].source)) == nested[i].slow,
			nested[i].source);
}

static const struct unit_test tests[] = {
	{"finds text", finds_text},
	{"stops at its limits and counts it", stops_at_its_limits},
	{"is shared by threads", is_shared_by_threads},
	{"knows nested repetition", knows_nested_repetition},
};

int
main(void)
{
	return unit_main("policy/regex", tests, sizeof(tests) / sizeof(*tests));
}
