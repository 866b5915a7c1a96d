/* SPDX-License-Identifier: BSD-2-Clause
 *
 * edited_message -- a message as it is passed on: fields put in front, fields left out.
 *
 * Pieces of the message as it was received go in, pieces of the edited one come out. EDIT_DELETE
 * counts fields as mail/header_stream reads them; the fields of EDIT_ADD stand on top, the last
 * added first, as milters insert them (RFC 8601 appendix B shows results above the trace field),
 * then the trace field, then the message. Where the message has no empty line between header and
 * body, one is put there: who comes after us shall see the same fields.
 */
#ifndef FRONT_EDITED_MESSAGE_H
#define FRONT_EDITED_MESSAGE_H

#include "engine/session.h"
#include "mail/header_stream.h"

struct edited_message {
	/* private */
	struct view trace;
	const struct edits *edits;
	struct edited_name {
		struct view name;
		size_t seen;
	} * name; /* those of EDIT_DELETE, each once */
	size_t n_names;
	struct header_stream header;
	enum { EDITED_TOP, EDITED_HEADER, EDITED_BODY } state;
	bool skip; /* the field is left out */
};

/* Trace: whole fields, each with its CRLF. Edits may be NULL. Both are kept; counters live in a. */
void edited_message_init(
	struct edited_message *m, struct view trace, const struct edits *edits, struct arena *a);
/* Calls put for each piece that comes out; added fields are folded with LF. */
void edited_message_run(struct edited_message *m, struct view bytes, bool last,
	void (*put)(void *ctx, struct view piece), void *ctx);

#endif
