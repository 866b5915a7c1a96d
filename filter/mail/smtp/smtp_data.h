/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smtp_data -- a message on its way in and out: dots, line ends, the one end (RFC 5321 4.1.1.4, 4.5.2).
 *
 * The reader ends at CRLF "." CRLF (and "." CRLF at the very start) and nowhere else, whatever the
 * line before ended in. What it gives is a clean message: every line ends in CRLF, no other CR, LF
 * or NUL is in it, dots are unstuffed. As Postfix 3.9 does, a bare LF becomes CRLF
 * (smtpd_forbid_bare_newline = normalize) and a bare CR a blank (cleanup_replace_stray_cr_lf); a NUL
 * becomes a blank too, since servers that drop it would see a lone dot in CRLF NUL "." CRLF. What was
 * found is told, so that the caller may refuse the message at its end instead.
 *
 * The writer makes the same of any bytes (edited header fields may be folded with LF), stuffs dots and
 * ends the data itself: what is passed on can end in one place only.
 *
 * Both work in constant memory across pieces of any size, and the output of the same bytes is the
 * same however they are cut.
 */
#ifndef MAIL_SMTP_DATA_H
#define MAIL_SMTP_DATA_H

#include "util/view.h"

struct smtp_data {
	/* What was seen so far. */
	uint64_t bytes; /* given out */
	uint64_t bare_cr, bare_lf, nul;
	uint64_t longest; /* line, without its end (RFC 5321 4.5.3.1.6: 998) */
	bool high;        /* a byte over 127 */
	bool ended;       /* a reader of DATA: the end was read */
	/* private */
	uint64_t line;
	uint8_t state;
	bool dots, in, after_crlf;
};

/* A reader of DATA; of the content of BDAT (RFC 3030: no dots, the caller counts; one reader for all
 * chunks of a message); a writer for DATA; a writer for BDAT. */
void smtp_data_init_read(struct smtp_data *d);
void smtp_data_init_read_chunks(struct smtp_data *d);
void smtp_data_init_write(struct smtp_data *d);
void smtp_data_init_write_chunks(struct smtp_data *d);

/* Takes bytes from the front of *input and puts at most room (at least SMTP_DATA_STEP) bytes to out;
 * the result is how many. Goes on until *input is used up, room is nearly full, or `ended`: then
 * *input begins with what the client sent behind the end. */
enum { SMTP_DATA_STEP = 8 };
size_t smtp_data_run(struct smtp_data *d, struct view *input, char *out, size_t room);
/* The last bytes, at most SMTP_DATA_STEP: a line without end gets its CRLF (an empty message stays
 * empty); a writer for DATA adds "." CRLF. Not for a reader of DATA. */
size_t smtp_data_finish(struct smtp_data *d, char *out);

#endif
