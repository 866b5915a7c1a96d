/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_line.h"

enum smtp_line_status
smtp_line_next(struct smtp_line *l, size_t max, struct view *input, struct view *line_out)
{
	size_t end = view_find(*input, '\n');
	struct view line = view_head(*input, end);
	bool crlf = line.n && line.p[line.n - 1] == '\r';

	if (end == input->n) { /* a CR at the ceiling may yet be the end's */
		l->skipping |= line.n > max + 1 || (line.n > max && !crlf);
		*input = l->skipping ? view_skip(*input, input->n) : *input;
		return SMTP_LINE_MORE;
	}
	*input = view_skip(*input, end + 1);
	line.n -= crlf;
	if (l->skipping || line.n > max) {
		*l = (struct smtp_line){false};
		*line_out = (struct view){NULL, 0};
		return SMTP_LINE_LONG;
	}
	*line_out = line;
	if (!crlf)
		return SMTP_LINE_BARE_LF;
	if (view_find(line, '\r') < line.n)
		return SMTP_LINE_BARE_CR;
	return view_find(line, '\0') < line.n ? SMTP_LINE_NUL : SMTP_LINE_OK;
}
