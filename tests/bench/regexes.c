/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regexes -- what 700 expressions over 20 KB of text cost: one by one, and with the search for their words
 * first. They are made by this program after the shapes of spam rules; some need no word at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/regex/regex_set.h"
#include "util/buf.h"

enum { PATTERNS = 700, TEXT = 20 * 1024, ROUNDS = 20 };

static const char *const syllables[] = {"in", "voi", "ce", "pay", "ment", "lo", "an", "cre", "dit", "phar", "ma", "cy",
	"wat", "ches", "rep", "li", "ca", "win", "ner", "lot", "te", "ry", "ac", "count", "up", "date", "ver", "ify",
	"pass", "word", "bit", "coin", "wal", "let", "cas", "ino", "de", "liv", "er", "par", "cel", "tax", "re", "fund"};
enum { SYLLABLES = sizeof(syllables) / sizeof(*syllables) };

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
word(struct buf *b)
{
	for (int n = 2 + rand() % 8 / 7; n > 0; n--)
		buf_str(b, syllables[rand() % SYLLABLES]);
}

/* '@' stands for a word. */
static void
pattern(struct buf *b, int i)
{
	static const char *const forms[] = {"/\\b@ @\\b/i", "/@(?:ed|ing|s)? (?:@|@|@)\\b/i", "/\\b@\\b.{0,40}\\b@\\b/is",
		"/(?:@|@) [a-z]{2,9} @/i", "/\\b@s?\\b/i", "/\\byour @ (?:has|was) (?:been )?@/i", "/@\\s+@\\s+@/i",
		"/\\b[a@4][ .-]?[ck][ .-]?[t7][ .-]?[i1!l]\\b/i", "/\\$[0-9]{1,3}(?:,[0-9]{3})+ @/i",
		"/^@.{1,60}@$/im"};
	bool fuzzy = i % 10 == 7; /* one in ten: only letters that may be others, and so no word */

	for (const char *f = forms[i % 10]; *f; f++) {
		if (*f == '@' && !fuzzy)
			word(b);
		else
			buf_byte(b, *f);
	}
}

static void
mail_text(struct buf *b)
{
	static const char *const plain[] = {"the", "and", "of", "to", "we", "meeting", "please", "find", "attached",
		"regards", "you", "for", "with", "report", "Monday", "team", "project", "thanks"};

	while (b->n < TEXT) {
		if (rand() % 40 == 0)
			word(b);
		else
			buf_str(b, plain[rand() % (int)(sizeof(plain) / sizeof(*plain))]);
		buf_byte(b, rand() % 12 ? ' ' : '\n');
	}
}

/* Milliseconds to run those that are possible; set NULL: all. */
static double
run(struct regex *const *each, const struct regex_set *set, struct view text, size_t *found)
{
	double begun = cpu_ms();

	*found = 0;
	for (int r = 0; r < ROUNDS; r++) {
		uint64_t bits[(PATTERNS + 63) / 64] = {0};

		if (set)
			regex_set_possible(set, text, bits);
		for (int i = 0; i < PATTERNS; i++)
			if (!set || (bits[i / 64] >> i % 64 & 1))
				*found += regex_find(each[i], text) == REGEX_YES;
	}
	*found /= ROUNDS;
	return (cpu_ms() - begun) / ROUNDS;
}

int
main(void)
{
	struct regex *each[PATTERNS];
	struct regex_note note;
	struct regex_set *set;
	struct buf text, b;
	double begun, alone, together;
	size_t found, again;

	srand(2);
	buf_init(&text, 1024 * 1024);
	buf_init(&b, 4096);
	for (int i = 0; i < PATTERNS; i++) {
		buf_reset(&b);
		pattern(&b, i);
		each[i] = regex_new(buf_view(&b), &note);
		if (!each[i])
			return 1;
	}
	mail_text(&text);
	begun = cpu_ms();
	set = regex_set_new((const struct regex *const *)each, PATTERNS);
	if (!set)
		return 1;
	printf("regexes: the words of %d in %.1f ms, %.0f KB\n", PATTERNS, cpu_ms() - begun,
		(double)regex_set_bytes(set) / 1024);
	alone = run(each, NULL, buf_view(&text), &found);
	together = run(each, set, buf_view(&text), &again);
	printf("regexes: %d over %d KB, %zu match: one by one %.1f ms, words first %.1f ms%s\n", PATTERNS,
		TEXT / 1024, found, alone, together, found == again ? "" : " WITH ANOTHER ANSWER");
	return 0;
}
