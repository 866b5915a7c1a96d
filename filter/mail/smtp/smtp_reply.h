/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_reply -- replies as SMTP wants them: code, enhanced code, text (RFC 5321 4.2, RFC 3463).
 */
#ifndef MAIL_SMTP_REPLY_H
#define MAIL_SMTP_REPLY_H

#include "util/arena.h"
#include "util/buf.h"

struct smtp_reply {
	int code;             /* 250, 451, 554 ... */
	struct view enhanced; /* "5.7.1": first digit as the code's (RFC 3463) */
	struct view text;     /* printable ASCII; '\n' separates lines of a multi-line reply */
};

enum { SMTP_REPLY_LINES = 8 };

/* Makes a reply that is safe to send: code forced into 400-599 (0 = fallback), enhanced checked by
 * syntax and class (else "4.7.1" or "5.7.1"), text freed of CR, NUL and other control characters,
 * bytes over 126 turned to '?', lines of at most REPLY_LINE_MAX less the codes, at most
 * SMTP_REPLY_LINES; the text is never empty. Lives in a. */
struct smtp_reply smtp_reply_make(
	int code, int fallback, struct view enhanced, struct view text, struct arena *a);
/* "554 5.7.1 text", lines joined by a blank: for logs, headers and evidence. Lives in a. */
struct view smtp_reply_line(const struct smtp_reply *r, struct arena *a);
/* Appends the reply as it is sent, a line for each of its text's, with CRLF; the enhanced code, if it is not
 * empty, on each. The text has to be printable, as above. */
void smtp_reply_write(const struct smtp_reply *r, struct buf *out);
/* Syntax of RFC 3463: class 2, 4 or 5, subject and detail of 1-3 digits without leading zeros. */
bool smtp_reply_enhanced_ok(struct view v);

#endif
