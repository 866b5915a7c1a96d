/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_answer.h"
#include "mail/smtp/smtp_reply.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* However an answer comes, it is the same: MORE until it is OK or BAD, and that for good. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	enum smtp_answer_status whole, s = SMTP_ANSWER_MORE;
	struct smtp_answer r = {0}, part = {0};
	size_t used = 0, part_used = 0, i = n > 600 ? n - 600 : 0;

	whole = smtp_answer_read(view_of(data, n), a, &used, &r);
	if (whole == SMTP_ANSWER_OK) {
		size_t lines = 1;

		for (size_t j = 0; j < r.text.n; j++)
			lines += r.text.p[j] == '\n';
		if (used > n || r.code < 200 || r.code > 599 || lines != r.lines)
			abort();
		if (r.enhanced.p && (!smtp_reply_enhanced_ok(r.enhanced) || r.enhanced.p[0] - '0' != r.code / 100))
			abort();
		i = used > 600 ? used - 600 : 0;
	}
	for (; i <= n && s == SMTP_ANSWER_MORE; i++)
		s = smtp_answer_read(view_of(data, i), a, &part_used, &part);
	if (s != whole || (s == SMTP_ANSWER_OK && (part_used != used || !view_eq(part.text, r.text))))
		abort();
	arena_free(a);
	return 0;
}
