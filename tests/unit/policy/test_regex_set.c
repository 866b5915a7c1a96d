/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex/regex_set.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/list.h"
#include "tests/lib/unit.h"

enum { MANY = 300 };

static struct regex *
make(const char *source)
{
	struct regex_note note;
	struct regex *r = regex_new(view_str(source), &note);

	CU_ASSERT_FATAL(r != NULL);
	return r;
}

static void
marks_what_is_possible(void)
{
	const struct regex *r[3] = {make("/invoice [0-9]+/"), make("/a.b/"), make("/(pay|order) now/i")};
	struct regex_set *s = regex_set_new(r, 3);
	uint64_t bits = 0;

	CU_ASSERT_EQUAL_FATAL(regex_set_words(s), 1);
	regex_set_possible(s, VIEW("nothing of it"), &bits);
	CU_ASSERT_EQUAL(bits, 2);
	regex_set_possible(s, VIEW("PAY NOW"), &bits);
	CU_ASSERT_EQUAL(bits, 6);
	regex_set_possible(s, VIEW("your invoice x"), &bits);
	CU_ASSERT_EQUAL(bits, 7);
	CU_ASSERT(regex_set_bytes(s) > 100);
	regex_set_free(s);
	regex_set_free(NULL);
	for (int i = 0; i < 3; i++)
		regex_free((struct regex *)r[i]);
}

static const char *const words[] = {"invoice", "Konto", "sale", "pills", "x", "K", "claim", "bank", "\xc3\xa4", "77"};

static void
random_pattern(char *out, int i)
{
	static const char *const forms[] = {"/@.{0,9}@/", "/\\b@ @/i", "/(@|@)s?/", "/@+@/i", "/(?i)@(?:@)?/",
		"/[ab]@\\d*@/", "/@\\s@$/m", "/^@|@/"};

	for (const char *f = forms[i % 8]; *f; f++) {
		const char *word = words[rand() % 10];

		if (*f != '@')
			*out++ = *f;
		while (*f == '@' && *word)
			*out++ = *word++;
	}
	*out = 0;
}

static struct view
random_text(char *out, size_t n)
{
	size_t at = 0;

	out[0] = 0;
	for (int i = 0; i < 12; i++)
		at += (size_t)snprintf(out + at, n - at, "%s%s", words[rand() % 10], rand() % 3 ? " " : "");
	return view_of(out, at);
}

/* A list of many expressions gives the answer of each by itself. */
static void
a_list_answers_as_each_alone(void)
{
	struct list *all = list_new(LIST_REGEXES, LIST_REGEXES, LIST_REGEXES);
	struct regex *each[MANY];
	struct list_note note;
	char text[400];
	size_t yes = 0, ruled_out = 0;
	const struct regex_set *s;

	srand(11);
	for (int i = 0; i < MANY; i++) {
		random_pattern(text, i);
		each[i] = make(text);
		if (i >= MANY - 40)
			CU_ASSERT(list_add(all, view_str(text), (struct view){NULL, 0}, &note));
	}
	CU_ASSERT(list_seal(all, &note));
	s = regex_set_new((const struct regex *const *)each, MANY);
	for (int round = 0; round < 2000; round++) {
		struct view v = random_text(text, sizeof(text));
		uint64_t bits[(MANY + 63) / 64] = {0};
		bool any = false;

		regex_set_possible(s, v, bits);
		for (int i = 0; i < MANY; i++) {
			bool match = regex_find(each[i], v) == REGEX_YES;

			UNIT_CASE(!match || (bits[i / 64] >> i % 64 & 1), text);
			any |= match && i >= MANY - 40;
			yes += match;
			ruled_out += !(bits[i / 64] >> i % 64 & 1);
		}
		UNIT_CASE(list_search(all, v) == (any ? LIST_YES : LIST_NO), text);
	}
	CU_ASSERT(yes > 20000 && ruled_out > 100000);
	regex_set_free((struct regex_set *)s);
	list_free(all);
	for (int i = 0; i < MANY; i++)
		regex_free(each[i]);
}

static const struct unit_test tests[] = {
	{"marks what is possible", marks_what_is_possible},
	{"a list answers as each alone", a_list_answers_as_each_alone},
};

int
main(void)
{
	return unit_main("policy/regex/regex_set", tests, sizeof(tests) / sizeof(*tests));
}
