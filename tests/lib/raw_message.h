/* SPDX-License-Identifier: BSD-2-Clause
 *
 * raw_message -- a message as bytes, cut into header fields and body, as a front-end hands it on.
 */
#ifndef TESTS_LIB_RAW_MESSAGE_H
#define TESTS_LIB_RAW_MESSAGE_H

#include "mail/header.h"

enum { RAW_MESSAGE_FIELDS = 300 };

struct raw_message {
	struct header_field field[RAW_MESSAGE_FIELDS]; /* value: leading blank and folding kept */
	size_t n;
	struct view body;
};

/* Line ends may be CRLF or LF; LF becomes CRLF. Lines before the body without a colon are left out.
 * Lives in a. */
void raw_message_read(struct view bytes, struct arena *a, struct raw_message *out);

#endif
