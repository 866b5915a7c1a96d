/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_reader -- what the backend of smtp_relay says, one answer at a time, held against what it
 * was asked.
 *
 * More than was asked can be the answer to nothing that is said later: such a connection has to be
 * left. A server that takes its leave with 421 is only lost.
 */
#ifndef FRONT_RELAY_READER_H
#define FRONT_RELAY_READER_H

#include "front/relay/relay_state.h"

enum relay_heard {
	RELAY_HEARD_PART, /* the answer is not complete */
	RELAY_HEARD_ANSWER,
	RELAY_HEARD_MORE,     /* the answer, and something behind it that was not asked */
	RELAY_HEARD_FAREWELL, /* 421, or an answer and 421, when nothing more was asked */
	RELAY_HEARD_GARBAGE,
	RELAY_HEARD_IGNORED /* sent before the TLS handshake: dropped */
};

/* From the front of bytes, which are not empty; *used_out of them. The answer lives in r->scratch:
 * of ANSWER and MORE, and of FAREWELL its code is 0 if there is none. */
enum relay_heard relay_reader_next(
	struct smtp_relay *r, struct view bytes, size_t *used_out, struct smtp_answer *out);

#endif
