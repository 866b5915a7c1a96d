/* SPDX-License-Identifier: BSD-2-Clause
 *
 * newcomer -- whoever answers for a client becomes known when mail of his was accepted (check_newcomer).
 * Inner to the engine.
 *
 * Accepted for one recipient at least; what was tagged, quarantined, discarded, or spared by an at-most
 * clause does not count: spam is sent again, too. Nor does, in a dry run, what would have been refused.
 */
#ifndef ENGINE_NEWCOMER_H
#define ENGINE_NEWCOMER_H

#include "engine/session.h"
#include "svc/store.h"

/* To carry out when the client was told 2xx, for a message that was judged; NULL: nothing. All recipients
 * have the same client, so one is enough. Lives with the message. */
const struct store_request *newcomer_request(const struct session *s);

#endif
