/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/regex/automaton.h"

#include <stdlib.h>

#include "tests/lib/unit.h"
#include "util/limits.h"

static void
finds_words(void)
{
	static const struct view words[] = {VIEW("She"), VIEW("he"), VIEW("hers"), VIEW(""), VIEW("\xc3\xa4x"),
		VIEW("HE"), VIEW("a\0b")};
	static const struct {
		struct view text;
		uint64_t bits;
	} cases[] = {{VIEW("usHErS"), 0x27}, {VIEW("ushe"), 0x23}, {VIEW("h e"), 0}, {VIEW(""), 0},
		{VIEW("\xc3\xa4X"), 0x10}, {VIEW("\xc3\x84x"), 0}, {VIEW("a\0B"), 0x40},
		{VIEW("shhershe"), 0x27}};
	struct automaton *a = automaton_new(words, NULL, sizeof(words) / sizeof(*words));

	CU_ASSERT_FATAL(a != NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t bits = 0;

		automaton_mark(a, cases[i].text, &bits);
		CU_ASSERT_EQUAL(bits, cases[i].bits);
		CU_ASSERT_EQUAL(automaton_find(a, cases[i].text), cases[i].bits != 0);
	}
	automaton_free(a);
	a = automaton_new(NULL, NULL, 0);
	CU_ASSERT(a && !automaton_find(a, VIEW("x")));
	automaton_free(a);
	automaton_free(NULL);
}

static void
marks_the_ids_it_was_given(void)
{
	static const struct view words[] = {VIEW("one"), VIEW("two"), VIEW("ONE")};
	static const uint32_t ids[] = {70, 3, 5};
	struct automaton *a = automaton_new(words, ids, 3);
	uint64_t bits[2] = {0};

	automaton_mark(a, VIEW("one"), bits);
	CU_ASSERT(bits[0] == 1 << 5 && bits[1] == 1 << 6);
	automaton_free(a);
}

enum { WORDS = 300, LONGEST = 12, ROUNDS = 200 };

/* Random words of few letters, which overlap much, against the plain search. cells: so many are put before
 * them that they lie behind the states that have rows. */
static void
agrees(size_t before)
{
	struct view *word = calloc(before + WORDS, sizeof(*word));
	char *bytes = malloc((before + WORDS) * 32), *to = bytes;
	struct automaton *a;
	size_t wrong = 0, found = 0;

	for (size_t i = 0; i < before + WORDS; i++) {
		size_t n = i < WORDS ? (size_t)(1 + rand() % LONGEST) : 32;

		word[i] = view_of(to, n);
		for (size_t k = 0; k < n; k++)
			*to++ = (char)("aAb\xc3"[rand() % 4] + (i < WORDS ? 0 : rand() % 60));
	}
	a = automaton_new(word, NULL, before + WORDS);
	CU_ASSERT_FATAL(a != NULL);
	for (int r = 0; r < ROUNDS; r++) {
		uint64_t *bits = calloc((before + WORDS) / 64 + 1, sizeof(*bits));
		char text[200];

		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = "abB\xc3"[rand() % 4];
		automaton_mark(a, view_of(text, sizeof(text)), bits);
		for (size_t i = 0; i < before + WORDS; i++) {
			bool want = view_search_nocase(view_of(text, sizeof(text)), word[i]) < sizeof(text);

			wrong += want != (bits[i / 64] >> i % 64 & 1);
			found += want;
		}
		free(bits);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(found > ROUNDS);
	automaton_free(a);
	free(word);
	free(bytes);
}

static void
agrees_with_the_plain_search(void)
{
	srand(1);
	agrees(0);
	agrees(6000);
}

static void
has_a_ceiling(void)
{
	enum { LEN = 60, N = AUTOMATON_STATES_MAX / LEN + 10000 };
	char *text = malloc((size_t)N * LEN);
	struct view *word = calloc(N, sizeof(*word));
	struct automaton *a;

	for (size_t i = 0; i < (size_t)N * LEN; i++)
		text[i] = (char)('a' + rand() % 26);
	for (size_t i = 0; i < N; i++)
		word[i] = view_of(text + i * LEN, LEN);
	CU_ASSERT(automaton_new(word, NULL, N) == NULL);
	a = automaton_new(word, NULL, 20000);
	CU_ASSERT(a && automaton_find(a, view_of(text, (size_t)3 * LEN)));
	CU_ASSERT(a && !automaton_find(a, view_of(text + 30000 * LEN, LEN)));
	CU_ASSERT(a && automaton_bytes(a) < (size_t)20000 * LEN * 14 + AUTOMATON_CELLS * 4 + 100000);
	automaton_free(a);
	free(word);
	free(text);
}

static const struct unit_test tests[] = {
	{"finds words", finds_words},
	{"marks the ids it was given", marks_the_ids_it_was_given},
	{"agrees with the plain search", agrees_with_the_plain_search},
	{"has a ceiling", has_a_ceiling},
};

int
main(void)
{
	return unit_main("policy/regex/automaton", tests, sizeof(tests) / sizeof(*tests));
}
