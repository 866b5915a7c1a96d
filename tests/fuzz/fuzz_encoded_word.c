/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/mime/encoded_word.h"

#include <stdlib.h>

#include "util/json.h"
#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What comes out is one line of UTF-8, trimmed, of bounded length. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view out = encoded_word_decode(view_of(data, n), a);

	if (!json_utf8(out) || out.n > n * CHARSET_GROWTH + 16)
		abort();
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] == 0 || out.p[i] == '\r' || out.p[i] == '\n')
			abort();
	if (view_trim(out).n != out.n)
		abort();
	arena_free(a);
	return 0;
}
