/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_sqlite -- records in one SQLite file, by type, version and key, until they expire; and what carries
 * on when there is no such file.
 *
 * Writes are gathered in a transaction that store_sqlite_tick commits within a second or after STORE_BATCH
 * writes: the end of the process costs the last second, a power failure also what the system had not written
 * yet (SQLite syncs when it empties its journal), neither the file (WAL, synchronous=NORMAL).
 *
 * A file that is no database, is corrupt, cut short or of a foreign layout is renamed to NAME.broken-SECONDS
 * with one warning, and an empty one takes its place. One that cannot be opened or written (no room, no
 * permission, a bad disk) is worked around, with one warning: what is written stays in memory, at most
 * STORE_SPARE_PAGES, in front of what can still be read; the file is tried again every second, and takes over
 * what was learned. Near STORE_FILE_PAGES, and in memory near its limit, what would expire first goes early.
 */
#ifndef SVC_STORE_SQLITE_H
#define SVC_STORE_SQLITE_H

#include "svc/store/store_wire.h"

struct store_sqlite;

/* Keeps path. ":memory:" is a store that nobody else sees. gives. */
struct store_sqlite *store_sqlite_new(const char *path);
void store_sqlite_free(struct store_sqlite *s); /* commits; NULL is legal */

/* Carries r out (it fits: store_wire_fits). *value_out, set with STORE_FOUND where there is a value, lives in
 * s until the next call. STORE_TEMPFAIL: not even memory could be had. */
enum store_status store_sqlite_do(struct store_sqlite *s, const struct store_request *r,
	struct view *value_out);

/* Milliseconds until store_sqlite_tick has work; -1: none. */
int store_sqlite_due(const struct store_sqlite *s);
/* If it is due: a small part of it. Removes some of what expired before now (seconds since 1970), commits,
 * tries a file again. */
void store_sqlite_tick(struct store_sqlite *s, int64_t now);

struct store_sqlite_state {
	bool in_memory;    /* the file cannot be had, or written, at present */
	uint64_t failures; /* times that this began */
	uint64_t records;  /* in the file, as last counted: the count ends when the walk comes round */
	uint64_t bytes;    /* of the file that are used */
	uint64_t waiting;  /* bytes in memory, for the file to take them over */
};
void store_sqlite_describe(struct store_sqlite *s, struct store_sqlite_state *out);

#endif
