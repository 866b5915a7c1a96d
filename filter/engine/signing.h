/* SPDX-License-Identifier: BSD-2-Clause
 *
 * signing -- DKIM signatures of our own mail: of authenticated users, our networks and this host.
 *
 * Never of what a trusted relay or anybody else hands on, and only for an author domain that the key table
 * names (policy/sign_table.h). Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_SIGNING_H
#define ENGINE_SIGNING_H

#include "engine/session.h"

/* At the end of the header: decides whether this mail is to be signed. */
void signing_begin(struct session *s);
void signing_body(struct session *s, struct view chunk);
/* At the end: at most SIGN_TABLE_KEYS fields to add; returns how many. */
size_t signing_fields(struct session *s, struct edit_header *out);

#endif
