/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "mail/taglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view text = view_of(data, n), rest = text;
	struct arena *a = arena_new();
	struct taglist l;
	struct tag t;
	const char *why;
	size_t pieces = 0;

	if (taglist_read(text, &l, &why))
		for (size_t i = 0; i < l.n; i++) {
			struct view v = l.tag[i].value;

			if (l.tag[i].name.n == 0 || v.p < text.p || v.p + v.n > text.p + text.n)
				abort();
			if (taglist_compact(v, a).n > v.n)
				abort();
		}
	while (taglist_next(&rest, &t))
		pieces++;
	if (pieces > n + 1)
		abort();
	arena_free(a);
	return 0;
}
