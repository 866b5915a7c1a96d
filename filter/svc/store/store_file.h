/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_file -- the SQLite file of svc/store_sqlite: opened, laid out, and set aside when it is broken.
 */
#ifndef SVC_STORE_FILE_H
#define SVC_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_QUERIES_MAX = 8 };

struct store_file {
	const char *path;                /* kept; ":memory:" for none */
	const char *const *sql;          /* n statements on the table `record` */
	size_t n;
	sqlite3 *db;                     /* NULL: not open */
	sqlite3_stmt *query[STORE_QUERIES_MAX]; /* those statements, while it is open */
	int64_t retry_at;                /* clock_mono_ms: not opened before; INT64_MIN at first */
};

/* Opens it if it is closed, and its time to be tried has come. A broken file is renamed to
 * NAME.broken-SECONDS, with a warning, and an empty one takes its place. False: still closed. */
bool store_file_open(struct store_file *f);
void store_file_close(struct store_file *f);

/* rc, of a statement, says that the file is corrupt: closes it and sets it aside; it is opened anew after a
 * while. False: another error, and nothing is done. */
bool store_file_give_up(struct store_file *f, int rc);

#endif
