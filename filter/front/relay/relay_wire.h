/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_wire -- what smtp_relay says: commands to the backend, answers to the client's session.
 */
#ifndef FRONT_RELAY_WIRE_H
#define FRONT_RELAY_WIRE_H

#include "front/relay/relay_reply.h"
#include "front/relay/relay_state.h"

/* Sends "WORD argument" with CRLF; either may be empty or absent. False, and nothing is sent: it
 * would be no line. */
bool relay_wire_command(struct smtp_relay *r, const char *word, struct view argument);
/* Sends the next line of b, from *at; false: there is none. */
bool relay_wire_next(struct smtp_relay *r, const struct buf *b, size_t *at);
void relay_wire_timer(struct smtp_relay *r, int64_t ms); /* -1 = none */
void relay_wire_trouble(struct smtp_relay *r, enum relay_trouble what, struct view text);
/* The connection is left, and forgotten with all that hung on it. Also while dialling. */
void relay_wire_hang_up(struct smtp_relay *r, bool politely);

/* Answers the open order; the next may come from within. */
void relay_wire_answer(struct smtp_relay *r, struct relay_answer a);
/* The same in our own words: a transaction's message, or new recipient, is forgotten. */
void relay_wire_own(struct smtp_relay *r, enum relay_reply kind);
/* Who was known by AUTH is so on that connection only, which is gone, and no other can be told. */
bool relay_wire_is_over(const struct smtp_relay *r);

#endif
