/* SPDX-License-Identifier: BSD-2-Clause
 *
 * separate -- `recipients separate`: recipients under other policies come in messages of their own.
 *
 * A message has one fate, the mildest of its recipients'. Where that is not exact enough, a recipient whom
 * other policies concern than those already accepted hears 452 4.5.3, and the client sends it again by
 * itself (RFC 5321 section 4.5.3.1.10). At most SEPARATE_GROUPS kinds are told apart, so that no client
 * has to come more often; recipients of further kinds share the message. Inner to the engine.
 */
#ifndef ENGINE_SEPARATE_H
#define ENGINE_SEPARATE_H

#include "engine/session.h"

enum { SEPARATE_GROUPS = 5 };

/* May the session's current recipient, who is not refused, share the transaction? */
bool separate_shares(struct session *s);

#endif
