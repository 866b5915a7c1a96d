/* SPDX-License-Identifier: BSD-2-Clause
 *
 * signing -- DKIM signatures of our own mail: of authenticated users, our networks and this host.
 *
 * Never of what a trusted relay or anybody else hands on, and only for an author domain that the key table
 * names (policy/sign_table.h). What came from outside and comes back is known by our own
 * Authentication-Results. Inner to the engine, like engine/state.h.
 */
#ifndef ENGINE_SIGNING_H
#define ENGINE_SIGNING_H

#include "engine/session.h"

/* At the end of the header: decides whether this mail is to be signed. */
void signing_begin(struct session *s);
void signing_body(struct session *s, struct view chunk);
/* At the end: at most SIGN_TABLE_KEYS fields to add; returns how many. */
size_t signing_fields(struct session *s, struct edit_header *out);
/* What signed, "SELECTOR._domainkey.DOMAIN" joined by commas; absent if nothing did. */
struct view signing_names(const struct session *s);
/* Why our own mail was not to be signed; absent if it was, for strangers' mail, and without keys. */
struct view signing_why_not(const struct session *s);

#endif
