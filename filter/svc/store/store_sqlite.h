/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_sqlite -- records in one SQLite file, by type, version and key, until they expire.
 *
 * Only one process opens the file (it is locked for good), by one thread. Writes are gathered in a
 * transaction that store_sqlite_tick commits within a second or after STORE_BATCH writes: a power failure
 * costs the last second, never the file (WAL, synchronous=NORMAL).
 *
 * A file that cannot be opened, is no database, is corrupt or of a foreign layout is renamed to
 * NAME.broken-SECONDS with one warning, and an empty one takes its place. If that is impossible too, or
 * the disk is full, every call is STORE_TEMPFAIL, the log says so once a minute, and the file is tried
 * again every few seconds. At STORE_FILE_PAGES the file is full.
 */
#ifndef SVC_STORE_SQLITE_H
#define SVC_STORE_SQLITE_H

#include "svc/store/store_wire.h"

struct store_sqlite;

/* Opens at once if it can, else later. path ":memory:" is a store that nobody else sees. gives. */
struct store_sqlite *store_sqlite_new(const char *path);
void store_sqlite_free(struct store_sqlite *s); /* commits; NULL is legal */

/* Carries r out (it fits: store_wire_fits). *value_out, set with STORE_FOUND where there is a value, lives in
 * s until the next call. */
enum store_status store_sqlite_do(struct store_sqlite *s, const struct store_request *r,
	struct view *value_out);

/* Milliseconds until store_sqlite_tick has work; -1: none. */
int store_sqlite_due(const struct store_sqlite *s);
/* If it is due: removes some of what expired before now (seconds since 1970), and commits. */
void store_sqlite_tick(struct store_sqlite *s, int64_t now);

#endif
