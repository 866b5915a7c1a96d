/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX = 16 };

static bool
has(struct view v, char c)
{
	return view_find(v, c) < v.n;
}

/* The status says what the line has. */
static void
check(enum smtp_line_status s, struct view line)
{
	bool cr = has(line, '\r'), nul = has(line, '\0');

	if (line.n > MAX || has(line, '\n') || (s == SMTP_LINE_LONG) != !line.p)
		abort();
	if ((s == SMTP_LINE_OK && (cr || nul)) || (s == SMTP_LINE_BARE_CR && !cr) || (s == SMTP_LINE_NUL && (cr || !nul)))
		abort();
}

/* The first byte is the size of the pieces: whatever it is, the same lines come out, and little is kept. */
static uint32_t
run(const char *p, size_t n, size_t piece)
{
	struct smtp_line l = {false};
	size_t kept = 0, end = 0;
	uint32_t sum = 0;

	while (end < n) {
		struct view in, line;
		enum smtp_line_status s;

		end += n - end < piece ? n - end : piece;
		in = view_of(p + kept, end - kept);
		while (line = (struct view){NULL, 0}, (s = smtp_line_next(&l, MAX, &in, &line)) != SMTP_LINE_MORE) {
			check(s, line);
			sum = sum * 31 + (uint32_t)s;
			for (size_t i = 0; i < line.n; i++)
				sum = sum * 31 + (uint8_t)line.p[i];
		}
		if (in.n > MAX + 1)
			abort();
		kept = end - in.n;
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n > 1 && run((const char *)data + 1, n - 1, data[0] % 40 + 1) != run((const char *)data + 1, n - 1, n))
		abort();
	return 0;
}
