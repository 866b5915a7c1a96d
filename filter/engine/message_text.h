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

/* Fields, then the end of the header. *body_out is what follows, with CRLF line ends; it lives in a or in
 * the message. */
const struct verdict *message_text_header(struct session *s, struct view message, struct arena *a,
	struct view *body_out);

#endif
