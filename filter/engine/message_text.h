/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message_text -- a message as it stands in a file, sent to a session as an MTA would send it.
 *
 * Line ends may be LF or CRLF. A line that cannot be a field ends the header; "From " of an mbox at the
 * top is left out, as an MTA does it.
 */
#ifndef ENGINE_MESSAGE_TEXT_H
#define ENGINE_MESSAGE_TEXT_H

#include "engine/session.h"

/* The message without that first line. */
struct view message_text_start(struct view message);
/* Takes the next field from the front of *rest, which is that at first; its value has CRLF line ends. False:
 * the header is over, and *rest is what follows. Lives in a or in the message. */
bool message_text_field(struct view *rest, struct arena *a, struct header_field *out);
/* What follows the header, with CRLF line ends. */
struct view message_text_body(struct view rest, struct arena *a);

/* Fields, then the end of the header. *body_out is what follows, with CRLF line ends; it lives in a or in
 * the message. */
const struct verdict *message_text_header(struct session *s, struct view message, struct arena *a,
	struct view *body_out);

#endif
