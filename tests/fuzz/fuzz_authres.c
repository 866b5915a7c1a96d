/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/authres.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whatever the values are: folds are the only line ends, no line is too long, and our id is read
 * back. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), id = authres_id(in, a), rest, line;
	struct authres_result r = {.method = view_head(in, n / 3),
		.result = view_skip(in, n / 2),
		.reason = in,
		.prop = {{VIEW("smtp.mailfrom"), in}, {view_head(in, 9), view_skip(in, 9)}},
		.n_props = 2};
	struct buf b;

	if (id.n > n)
		abort();
	buf_init(&b, 64 * 1024);
	authres_write(&b, VIEW("mx.example.org"), &r, 1);
	for (rest = buf_view(&b); view_split(&rest, '\n', &line);) {
		if (line.n > 998 || view_find(line, 0) < line.n)
			abort();
		if (rest.p && (rest.n == 0 || rest.p[0] != '\t'))
			abort();
		if (view_find(line, '\r') < line.n)
			abort();
	}
	if (!view_eq_str(authres_id(buf_view(&b), a), "mx.example.org"))
		abort();
	buf_done(&b);
	arena_free(a);
	return 0;
}
