/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/header.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What is unfolded has no line ends and no NUL, and unfolding it again changes nothing. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), out = header_unfold(in, a);

	if (out.n > n || view_find(out, '\r') < out.n || view_find(out, '\n') < out.n ||
		view_find(out, 0) < out.n || !view_eq(header_unfold(out, a), out))
		abort();
	if (header_name_ok(in) && (view_find(in, ':') < n || !view_eq(out, in)))
		abort();
	arena_free(a);
	return 0;
}
