/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_line -- the lines of a client's commands and AUTH answers (RFC 5321 2.3.8).
 *
 * Only CRLF ends a good line. A bare LF ends one too, but its status says so: the command is to be
 * refused, and the connection with it, since what the client sent behind it is read by others as
 * something else. Ceiling: the caller's, without CRLF; what is over it is skipped as it arrives, in
 * constant memory, and reported once, at its end.
 */
#ifndef MAIL_SMTP_LINE_H
#define MAIL_SMTP_LINE_H

#include "util/view.h"

enum smtp_line_status {
	SMTP_LINE_MORE, /* no end yet: call again with more bytes behind those that are left */
	SMTP_LINE_OK,
	SMTP_LINE_LONG,    /* over max: 500 5.5.6 */
	SMTP_LINE_BARE_LF, /* ends in LF without CR: 521 5.5.2 */
	SMTP_LINE_BARE_CR, /* has a CR that is not before LF: 521 5.5.2 */
	SMTP_LINE_NUL      /* has a NUL: 500 5.5.2 */
};

struct smtp_line {
	bool skipping; /* a line over its ceiling is being skipped */
};

/* Takes one line from the front of *input. Unless MORE, *line_out is the line without its end (absent
 * after LONG), a view into *input as it was. With MORE *input keeps an unfinished line of at most max
 * + 1 bytes; a longer one is taken away. */
enum smtp_line_status smtp_line_next(
	struct smtp_line *l, size_t max, struct view *input, struct view *line_out);

#endif
