/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_file -- an SQLite database of ours: opened, laid out, looked after, and set aside when it is broken.
 *
 * What its statements do is svc/store/store_table.h's. Only one process opens a file: it is locked for good.
 */
#ifndef SVC_STORE_FILE_H
#define SVC_STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_QUERIES_MAX = 12 };

struct store_file {
	const char *path;       /* kept; ":memory:" for none */
	int pages;              /* of 4 KB, at most */
	const char *const *sql; /* n statements on the table `record` */
	size_t n;
	sqlite3 *db;            /* NULL: not open */
	sqlite3_stmt *query[STORE_QUERIES_MAX]; /* those statements, while it is open */
	int64_t size;           /* of the file, when it was looked at last */
	int64_t aside_at;       /* clock_mono_ms: when one was set aside; 0: never */
	bool frozen;            /* it is open, to be read only */
	int error;              /* errno of the last try to open it; 0: SQLite says more */
};

/* All that follow return SQLite's codes. A broken file, or none of ours, is renamed to NAME.broken-SECONDS,
 * with a warning, and an empty one takes its place. SQLITE_READONLY: the file system is read-only; what
 * can be read is open. */
int store_file_open(struct store_file *f);
void store_file_close(struct store_file *f); /* also one that is closed */

/* It was opened to be read only, and could be written now, if it were opened anew. */
bool store_file_thawed(const struct store_file *f);

/* Looks whether what was opened is still there and whole. SQLITE_NOTFOUND: it was removed, or another file
 * has its name. */
int store_file_check(struct store_file *f);

/* Writes what stands there: whether it can be written is known at the commit. */
int store_file_touch(struct store_file *f);

/* rc, of a statement or a look, says that the file is of no more use: closes it, and opens one that is.
 * SQLITE_OK if rc was the file's fault only and that could be done; otherwise rc, or why it could not. */
int store_file_replace(struct store_file *f, int rc);

/* In words. */
const char *store_file_why(const struct store_file *f, int rc);

#endif
