/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parser/lexer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Every token lies in the text, behind the one before it, and the end is reached. */
static void
tokens(enum lexer_dialect dialect, struct view text)
{
	struct diag *d = diag_new();
	struct arena *a = arena_new();
	uint32_t line = 0, column = 0;
	struct lexer l;
	struct token t;

	lexer_init(&l, dialect, VIEW("fuzz"), text, a, d);
	do {
		lexer_next(&l, &t);
		if (t.kind == TOKEN_END)
			continue;
		if (t.at.line < line || (t.at.line == line && t.at.column < column))
			abort();
		if (t.at.column + t.at.width > t.at.source.n + 1 || t.at.width == 0)
			abort();
		line = t.at.line;
		column = t.at.column + t.at.width;
	} while (t.kind != TOKEN_END || !t.last);
	lexer_next(&l, &t);
	if (t.kind != TOKEN_END || !t.last)
		abort();
	arena_free(a);
	diag_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	tokens(LEXER_RULES, view_of(data, n));
	tokens(LEXER_SETTINGS, view_of(data, n));
	return 0;
}
