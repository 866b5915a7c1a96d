/* SPDX-License-Identifier: BSD-2-Clause
 *
 * header_stream -- the header of a message that arrives in pieces, taken apart (RFC 5322 2.2, 3.5).
 *
 * For messages with CRLF line ends (mail/smtp/smtp_data). A field is a name of printable ASCII, perhaps
 * blanks, and a colon; lines that begin with a blank belong to it. The header ends at an empty
 * line, or in front of the first line that can be neither: there the body begins, as MTAs see it.
 * Constant memory: a value is handed out as it comes; a name has at most HEADER_NAME_MAX bytes,
 * more is no field.
 *
 * Whoever numbers fields, and whoever removes the nth of a name, reads them through this one
 * reader.
 */
#ifndef MAIL_HEADER_STREAM_H
#define MAIL_HEADER_STREAM_H

#include "util/limits.h"
#include "util/view.h"

enum header_stream_event {
	HEADER_STREAM_MORE,  /* the input is used up */
	HEADER_STREAM_FIELD, /* a field begins: *name_out; *out is its name, blanks and colon as
				they came */
	HEADER_STREAM_VALUE, /* *out is the next piece of its value, folding and the last line's
				CRLF in it */
	HEADER_STREAM_END,   /* *out is the empty line; the rest of the input is body */
	HEADER_STREAM_BODY   /* there is no empty line; *out is the begin of the body, the rest
				follows it */
};

struct header_stream {
	/* private */
	char held[HEADER_NAME_MAX + 1]; /* begin of a line that may be a field */
	size_t n;
	bool in_field, in_value, given;
};

void header_stream_init(struct header_stream *h);
/* Takes the next event from the front of *input. Views are valid until the next call and while the
 * input is. Nothing is called after END or BODY. */
enum header_stream_event header_stream_next(
	struct header_stream *h, struct view *input, struct view *name_out, struct view *out);
/* The message is over, and neither END nor BODY came: what is still held is a body without end of
 * line. */
struct view header_stream_rest(const struct header_stream *h);

#endif
