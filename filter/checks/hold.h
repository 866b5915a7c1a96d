/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hold -- hold.age: since when `if unknown defer` holds this client network, sender and recipient.
 *
 * The network, and not the organisation: mail is held where the DNS does not tell.
 *
 * A record (checks/greylist_record.h) of the first time; it outlives the hold by a day, in which the same
 * mail is not held anew. Without a store, or when it fails, the fact is unknown, and mail passes. So it
 * does when the store is full (STORE_FILE_PAGES, of all records together): there is no ceiling of its own.
 */
#ifndef CHECKS_HOLD_H
#define CHECKS_HOLD_H

#include "engine/check.h"

extern const struct check hold_check;

#endif
