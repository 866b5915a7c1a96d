/* SPDX-License-Identifier: BSD-2-Clause
 *
 * body_lines -- the line ends of a body as it passes: whether all are CRLF (RFC 5322 section 2.3), and how
 * long the word is that it ends in so far.
 */
#ifndef MAIL_BODY_LINES_H
#define MAIL_BODY_LINES_H

#include "util/view.h"

/* Starts as zero. Plain value. */
struct body_lines {
	bool bare;   /* a CR or an LF that is no half of CRLF was seen */
	bool cr;     /* the last byte is a CR */
	bool ended;  /* the last two are CRLF */
	size_t word; /* bytes at its end without blank or line end */
};

void body_lines_add(struct body_lines *b, struct view piece);

/* A CR without LF behind it. One at the end is not counted: what follows may be its LF. */
bool body_lines_bare_cr(struct view v);

#endif
