/* SPDX-License-Identifier: BSD-2-Clause
 *
 * greylist_record -- what is remembered of an organisation, sender and recipient, and what follows from it.
 *
 *	new    never seen, or not within the window: the store has forgotten it
 *	early  a retry before the wait is over, counted from the first sight; retries do not prolong it
 *	passed the first retry after the wait
 *	known  passed before; remembered for the life after its last use
 *
 * The key of STORE_GREYLIST is a hash, so the record tells whose it is; those of the same mail under other
 * keys (checks/greylist.h) stand beside it, and name no organisation. That of an organisation which passed
 * (STORE_KNOWN) names the sender and recipient whose mail did. Times of now or earlier count as they are.
 * One more than SKEW ahead means that the clock was put back: nobody waits for it to catch up. Less may be
 * another node's clock.
 *
 * Pure: the time is an argument.
 */
#ifndef CHECKS_GREYLIST_RECORD_H
#define CHECKS_GREYLIST_RECORD_H

#include "engine/settings.h"
#include "util/arena.h"
#include "util/limits.h"

enum { GREYLIST_RECORD_VERSION = 2, GREYLIST_RECORD_MAX = 11 + 3 * (1 + GREYLIST_TEXT), GREYLIST_SKEW = 60 };

struct greylist_record {
	int64_t first; /* seconds since 1970: first sight */
	int64_t used;  /* when the record was last written */
	bool passed;
	struct view organisation, sender, recipient; /* for people: cut to GREYLIST_TEXT, or all empty */
};

/* The key: who is an organisation, network, or GREYLIST_ANYWHERE; without case. Lives in a. */
#define GREYLIST_ANYWHERE VIEW("anywhere")
struct view greylist_record_key(struct view who, struct view sender, struct view recipient, struct arena *a);

/* Lives in out. */
struct view greylist_record_write(const struct greylist_record *r, char out[static GREYLIST_RECORD_MAX]);
/* False if v is no such record. Texts live in v. */
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
	const struct greylist_terms *t);

#endif
