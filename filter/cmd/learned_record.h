/* SPDX-License-Identifier: BSD-2-Clause
 *
 * learned_record -- what is remembered of a message that `postern learn` was told of: what it is, when that
 * was said, and what it counts for, so that it counts once, and can be taken back.
 *
 * A byte, h or s, eight bytes of time in network order, then each key (engine/standing.h) behind two bytes of
 * its length.
 */
#ifndef CMD_LEARNED_RECORD_H
#define CMD_LEARNED_RECORD_H

#include "engine/standing.h"
#include "util/limits.h"

enum { LEARNED_RECORD_VERSION = 1 };

struct learned_record {
	enum standing_mail mail;
	int64_t when; /* seconds since 1970, not negative */
	size_t n;
	struct view key[STANDING_NAMES_MAX];
};

/* Lives in a. A key that does not fit into STORE_VALUE_MAX is left out. */
struct view learned_record_write(const struct learned_record *r, struct arena *a);
/* False if v is no such record. Views into it. */
bool learned_record_read(struct view v, struct learned_record *out);

#endif
