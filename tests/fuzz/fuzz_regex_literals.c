/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_regex_literals -- an expression must never match a text that has none of its words.
 *
 * The first line: the expression. The rest: the text.
 */
#include "policy/regex/regex_literals.h"

#include <stdlib.h>

#include "policy/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_of(data, size), source;
	struct regex_literals l;
	struct regex_note note;
	struct regex *r;
	bool possible;

	if (!view_split(&text, '\n', &source) || source.n > 200)
		return 0;
	r = regex_new(source, &note);
	if (!r)
		return 0;
	regex_is_slow(source);
	regex_literals_read(source, &l);
	possible = l.n == 0;
	for (uint8_t i = 0; i < l.n; i++) {
		if (l.literal[i].n < REGEX_LITERAL_MIN || l.literal[i].n > REGEX_LITERAL_MAX)
			abort();
		possible |= text.n && view_search_nocase(text, view_of(l.literal[i].s, l.literal[i].n)) < text.n;
	}
	if (!possible && regex_find(r, text) == REGEX_YES)
		abort();
	regex_free(r);
	return 0;
}
