/* SPDX-License-Identifier: BSD-2-Clause
 *
 * known -- where the store has whom this site knows: keys of STORE_KNOWN.
 *
 * An organisation of which mail passed greylisting and was accepted (engine/newcomer.h) stands there by name.
 * Those to whom our users wrote, and the registrable domains of those, stand there as HMAC-SHA-256 under a
 * secret of the site: who reads the store does not read with whom anybody corresponds.
 */
#ifndef ENGINE_KNOWN_H
#define ENGINE_KNOWN_H

#include "mail/address.h"
#include "svc/store.h"

enum known_kind { KNOWN_ORGANISATION = 'o', KNOWN_ADDRESS = 'a', KNOWN_DOMAIN = 'd' }; /* a key begins so */

/* who is a domain; of KNOWN_ADDRESS, what known_address makes of one. secret is not absent unless for
 * KNOWN_ORGANISATION. Lives in a. */
struct view known_key(enum known_kind kind, struct view who, struct view secret, struct arena *a);
/* The address of a correspondent: return_path_claimed. Lives in a. */
struct view known_address(const struct address *x, struct arena *a);
/* The domain of a correspondent: its registrable part, or the domain itself; absent for a literal. */
struct view known_domain(const struct address *x);

/* A request of STORE_KNOWN; what more it needs is the caller's. */
struct store_request known_request(enum store_op op, struct view key, int64_t now);

#endif
