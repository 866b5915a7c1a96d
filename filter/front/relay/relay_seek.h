/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_seek -- which backend smtp_relay talks to, and what follows from losing it.
 *
 * For one order at most RELAY_TRIES are tried, each once, but for one whose TLS handshake failed
 * and that may be used without: once more. A transaction is moved to another connection once, and
 * only after a loss: after silence the client would wait twice as long, and after garbage it would
 * be no better.
 */
#ifndef FRONT_RELAY_SEEK_H
#define FRONT_RELAY_SEEK_H

#include "front/relay/relay_state.h"

/* Backends that may serve the open order. */
uint32_t relay_seek_wanted(struct smtp_relay *r);
/* Dials the best of them; the order is answered when none can be had. */
void relay_seek_start(struct smtp_relay *r);
/* The connection is gone, or has to be left. True: nothing hung on it; the open order, if any,
 * begins anew. */
bool relay_seek_lost(struct smtp_relay *r, enum relay_trouble what, struct view text);

#endif
