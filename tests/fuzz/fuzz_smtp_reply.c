/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_reply.h"

#include <stdlib.h>

#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The first two bytes are the code, up to the first line end is the enhanced code, the rest is
 * text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct view rest = view_of(data, n), enhanced = {NULL, 0}, line;
	int code = n > 1 ? data[0] * 256 + data[1] : 0, lines = 0;
	struct smtp_reply r;

	rest = view_skip(rest, 2);
	view_split(&rest, '\n', &enhanced);
	r = smtp_reply_make(code, 550, enhanced, rest, a);
	if (r.code < 400 || r.code > 599 || !smtp_reply_enhanced_ok(r.enhanced) ||
		r.enhanced.p[0] - '0' != r.code / 100 || r.text.n == 0)
		abort();
	for (rest = r.text; view_split(&rest, '\n', &line); lines++) {
		if (line.n + r.enhanced.n + 7 > REPLY_LINE_MAX)
			abort();
		for (size_t i = 0; i < line.n; i++)
			if (line.p[i] < ' ' || line.p[i] > 126)
				abort();
	}
	line = smtp_reply_line(&r, a);
	if (lines > SMTP_REPLY_LINES || view_find(line, '\n') < line.n)
		abort();
	arena_free(a);
	return 0;
}
