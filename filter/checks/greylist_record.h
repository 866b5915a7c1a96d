/* SPDX-License-Identifier: BSD-2-Clause
 *
 * greylist_record -- what is remembered of a sender, network and recipient, and what follows from it.
 *
 *	new    never seen, or not within the window: the store has forgotten it
 *	early  a retry before the wait is over, counted from the first sight; retries do not prolong it
 *	passed the first retry after the wait
 *	known  passed before; remembered for greylist_life after its last use
 *
 * Pure: the time is an argument.
 */
#ifndef CHECKS_GREYLIST_RECORD_H
#define CHECKS_GREYLIST_RECORD_H

#include "engine/settings.h"

enum { GREYLIST_RECORD_VERSION = 1, GREYLIST_RECORD_SIZE = 17 };

struct greylist_record {
	int64_t first; /* seconds since 1970: first sight */
	int64_t used;  /* when the record was last written */
	bool passed;
};

void greylist_record_write(const struct greylist_record *r, char out[static GREYLIST_RECORD_SIZE]);
/* False if v is no such record. */
bool greylist_record_read(struct view v, struct greylist_record *out);

enum greylist_state { GREYLIST_NEW, GREYLIST_EARLY, GREYLIST_PASSED, GREYLIST_KNOWN };
const char *greylist_record_state(enum greylist_state s); /* "new" ... */

struct greylist_decision {
	enum greylist_state state;
	int64_t age;     /* seconds since the first sight, never negative */
	bool write;      /* the record has to be written, */
	int64_t expires; /* and lives until then */
};
/* Judges a record that was found, and updates it. */
struct greylist_decision greylist_record_decide(struct greylist_record *r, int64_t now,
	const struct settings *s);

#endif
