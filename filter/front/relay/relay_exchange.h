/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_exchange -- one line of the client passed on by smtp_relay, and its answer: AUTH with the
 * lines that follow (RFC 4954), ETRN (RFC 1985).
 */
#ifndef FRONT_RELAY_EXCHANGE_H
#define FRONT_RELAY_EXCHANGE_H

#include "front/relay/relay_state.h"

/* Of the open order. DONE at once: it cannot be passed on. The result is in r->result. */
enum relay_step relay_exchange_begin(struct smtp_relay *r);
enum relay_step relay_exchange_reply(struct smtp_relay *r, const struct smtp_answer *a);

#endif
