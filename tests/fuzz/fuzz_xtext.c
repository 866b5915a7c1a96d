/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/xtext.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Any bytes come back from xtext; what is decoded can be encoded and decoded again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), decoded = xtext_decode(in, a);
	struct buf b;

	buf_init(&b, 3 * n + 10);
	xtext_encode(in, &b);
	if (!xtext_ok(buf_view(&b), false) || !view_eq(xtext_decode(buf_view(&b), a), in))
		abort();
	buf_reset(&b);
	if ((decoded.p != NULL) != xtext_ok(in, true) || decoded.n > n)
		abort();
	xtext_encode(decoded, &b);
	if (decoded.p && !view_eq(xtext_decode(buf_view(&b), a), decoded))
		abort();
	buf_done(&b);
	arena_free(a);
	return 0;
}
