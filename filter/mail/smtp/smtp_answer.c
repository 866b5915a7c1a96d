/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/smtp/smtp_answer.h"

#include "mail/smtp/smtp_reply.h"
#include "util/limits.h"

/* Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 * Reply-code = %x32-35 %x30-35 %x30-39; servers in the field use the second digits 6 to 9 too.
 * 0 if no line can begin so; a line that is not all there yet counts as far as it goes. */
static int
read_code(struct view line)
{
	int code = 0;

	for (size_t i = 0; i < 3 && i < line.n; i++) {
		if (!view_is_digit(line.p[i]))
			return 0;
		code = code * 10 + (line.p[i] - '0');
	}
	if (line.n && (line.p[0] < '2' || line.p[0] > '5'))
		return 0;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-' && line.p[3] != '\r')
		return 0;
	return code ? code : 1; /* 1: nothing to judge yet */
}

/* "5.1.1" at the front of a line's text, of the code's class; absent if there is none. */
static struct view
enhanced_of(struct view text, int code)
{
	struct view word = view_head(text, view_find(text, ' '));

	if (!smtp_reply_enhanced_ok(word) || word.p[0] - '0' != code / 100)
		return (struct view){NULL, 0};
	return word;
}

/* The text of a whole line: what is behind its code and the byte after it. */
static struct view
text_of(struct view line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return view_skip(line, 4);
}

/* Lines of input, up to the last of the answer, put together without codes. */
static void
build(struct view input, struct arena *a, struct smtp_answer *r)
{
	struct view rest = input, line;
	char *p = arena_alloc(a, input.n + 1);
	bool first = true, same = true;

	while (view_split(&rest, '\n', &line) && rest.p) {
		struct view text = text_of(line), code = enhanced_of(text, r->code);

		if (text.n == 0)
			continue;
		same &= first ? code.p != NULL : view_eq(code, r->enhanced);
		if (first)
			r->enhanced = code;
		first = false;
	}
	r->enhanced = same && !first ? arena_copy(a, r->enhanced) : (struct view){NULL, 0};
	r->text = view_of(p, 0);
	for (rest = input; view_split(&rest, '\n', &line) && rest.p; first = true) {
		struct view text = text_of(line);

		if (text.n && r->enhanced.p)
			text = view_skip(text, r->enhanced.n + 1);
		if (r->lines++ > 0)
			p[r->text.n++] = '\n';
		if (text.n)
			memcpy(p + r->text.n, text.p, text.n);
		r->text.n += text.n;
	}
}

enum smtp_answer_status
smtp_answer_read(struct view input, struct arena *a, size_t *used_out, struct smtp_answer *out)
{
	struct view rest = view_head(input, SMTP_ANSWER_MAX);
	struct smtp_answer r = {0};
	size_t used = 0;

	for (int lines = 0; lines < SMTP_ANSWER_LINES; lines++) {
		size_t end = view_find(rest, '\n');
		struct view line = view_head(rest, end);
		int code = read_code(line);

		if (code == 0 || end > SMTP_ANSWER_LINE_MAX || view_find(line, '\0') < line.n)
			return SMTP_ANSWER_BAD;
		if (end == rest.n)
			return used + end < SMTP_ANSWER_MAX ? SMTP_ANSWER_MORE : SMTP_ANSWER_BAD;
		if (line.n < 3 || (lines && code != r.code) || (code < 200))
			return SMTP_ANSWER_BAD;
		r.code = code;
		used += end + 1;
		rest = view_skip(rest, end + 1);
		if (line.n == 3 || line.p[3] != '-') {
			build(view_head(input, used), a, &r);
			*used_out = used;
			*out = r;
			return SMTP_ANSWER_OK;
		}
	}
	return SMTP_ANSWER_BAD;
}
