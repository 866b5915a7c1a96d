/* SPDX-License-Identifier: BSD-2-Clause
 *
 * counting -- adds to the rates that rules read, and to what is watched of accounts (engine/alarm.h), what
 * happened: accepted messages, recipients and bytes, and refusals. Inner to the engine.
 *
 * A rate that no rule for mail of this direction reads is not counted. What it counts by must be known: mail
 * without a user is none of a user's. The store's answer is waited for within its time limit; a count that
 * fails is lost, and the store counts the failure.
 */
#ifndef ENGINE_COUNTING_H
#define ENGINE_COUNTING_H

#include "engine/session.h"

/* Whether any of them asks the store. */
bool counting_is_due(const struct session *s);
/* The message was acknowledged to the client. */
void counting_accepted(struct session *s);
/* The current recipient, or with none the transaction, was refused for good. by_mta: it was one that the MTA
 * refused before we were asked. */
void counting_refused(struct session *s, bool by_mta);

#endif
