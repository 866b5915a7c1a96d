/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/lexeme.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Lexemes follow one another without overlap, none is empty, and they come to an end. */
static void
walk(struct view in, bool path, struct arena *a)
{
	const char *at = in.p;
	struct lexeme l;

	for (lexeme_init(&l, in, path); l.kind != LEXEME_END; lexeme_next(&l)) {
		if (l.text.n == 0 || l.text.p < at || (l.text.p > at) != l.spaced)
			abort();
		at = l.text.p + l.text.n;
		if (l.kind == LEXEME_QUOTED)
			lexeme_unquote(l.text, a);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();

	walk(view_of(data, n), false, a);
	walk(view_of(data, n), true, a);
	lexeme_skip_cfws(view_of(data, n));
	arena_free(a);
	return 0;
}
