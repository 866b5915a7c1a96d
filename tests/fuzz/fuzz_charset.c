/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/charset.h"

#include <stdlib.h>

#include "util/json.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Input: the set's name, a line end, the text. What comes out is UTF-8 of bounded length, and stays. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), name = view_head(in, view_find(in, '\n'));
	struct view text = view_skip(in, name.n + 1), out = charset_utf8(name, text, a);

	if (!json_utf8(out) || out.n > text.n * CHARSET_GROWTH + 16)
		abort();
	if (!view_eq(charset_utf8((struct view){NULL, 0}, out, a), out))
		abort();
	arena_free(a);
	return 0;
}
