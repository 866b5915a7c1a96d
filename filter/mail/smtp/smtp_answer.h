/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_answer -- a server's answer, as its client reads it (RFC 5321 4.2, RFC 2034).
 *
 * Every line has the same code, three digits from 200 to 599; all but the last a hyphen behind it.
 * A line may end in LF without CR and the text may be missing, as Postfix's client takes them.
 * Ceilings: SMTP_ANSWER_LINE_MAX a line, SMTP_ANSWER_LINES, SMTP_ANSWER_MAX in all. Whatever is no such
 * answer is BAD: the conversation cannot be trusted from there on and has to end.
 */
#ifndef MAIL_SMTP_ANSWER_H
#define MAIL_SMTP_ANSWER_H

#include "util/arena.h"

enum smtp_answer_status { SMTP_ANSWER_MORE, SMTP_ANSWER_OK, SMTP_ANSWER_BAD };

struct smtp_answer {
	int code;             /* 200-599 */
	struct view enhanced; /* "5.1.1" if every line that has text begins with it; else absent */
	struct view text;     /* without codes, lines parted by LF. Raw: whatever leaves again passes
	                       * mail/smtp/smtp_reply or a writer of its own */
	size_t lines;
};

/* Reads the answer at the front of input, which grows until the status is not MORE. OK: *used_out is
 * its length, *out lives in a. Bytes behind it belong to the next answer. */
enum smtp_answer_status smtp_answer_read(
	struct view input, struct arena *a, size_t *used_out, struct smtp_answer *out);

#endif
