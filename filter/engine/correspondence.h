/* SPDX-License-Identifier: BSD-2-Clause
 *
 * correspondence -- remembers to whom our users write (engine/known.h). Inner to the engine.
 *
 * Of outbound mail that was accepted, the recipients and their registrable domains. Not those in own-domains;
 * not those of a bounce or an automatic answer (RFC 3834), which a stranger can provoke; and of a message to
 * more than KNOWN_RECIPIENTS the first ones only: that is a circular.
 */
#ifndef ENGINE_CORRESPONDENCE_H
#define ENGINE_CORRESPONDENCE_H

#include "engine/session.h"
#include "svc/store.h"

/* Mail of this direction is remembered. */
bool correspondence_is_due(const struct session *s);
/* The requests for an accepted message: returns how many. They live with the message. */
size_t correspondence_requests(struct session *s, int64_t now, struct store_request **out);

#endif
