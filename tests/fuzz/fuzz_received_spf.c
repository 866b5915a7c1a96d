/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received_spf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Whatever the values are: folds are the only line ends, no line is too long, and a receiver can only be
 * the one that we wrote. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view in = view_of(data, n), rest, line;
	struct received_spf r = {.result = VIEW("fail"), .problem = in, .identity = VIEW("helo"), .client_ip = in,
		.envelope_from = in, .helo = view_head(in, n / 2), .receiver = VIEW("mx.example.org")};
	struct buf b;

	(void)received_spf_is_of(in, VIEW("mx.example.org"), a);
	buf_init(&b, 64 * 1024);
	received_spf_write(&b, &r);
	for (rest = buf_view(&b); view_split(&rest, '\n', &line);)
		if (line.n > 998 || view_find(line, 0) < line.n || view_find(line, '\r') < line.n ||
			(rest.p && (rest.n == 0 || rest.p[0] != '\t')))
			abort();
	if (!received_spf_is_of(buf_view(&b), VIEW("mx.example.org"), a) ||
		received_spf_is_of(buf_view(&b), VIEW("other.example"), a))
		abort();
	buf_done(&b);
	arena_free(a);
	return 0;
}
