/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_hello -- from a new connection to the first MAIL: greeting, EHLO, STARTTLS and EHLO again
 * (RFC 3207 4.2), XCLIENT and EHLO again.
 *
 * The backend hears our own name in EHLO, and the client's where it is to see the client (XCLIENT,
 * PROXY, transparent), unless it refuses that one.
 */
#ifndef FRONT_RELAY_HELLO_H
#define FRONT_RELAY_HELLO_H

#include "front/relay/relay_state.h"

enum relay_step relay_hello_begin(struct smtp_relay *r);
enum relay_step relay_hello_reply(struct smtp_relay *r, const struct smtp_answer *a);
enum relay_step relay_hello_secured(struct smtp_relay *r, bool verified);
/* Appends XFORWARD's commands, if the backend is to have and wants them; how many. */
unsigned relay_hello_forward(const struct smtp_relay *r, struct buf *out);

#endif
