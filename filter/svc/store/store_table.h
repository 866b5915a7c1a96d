/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_table -- what is done with the records of a database: statements, and the walk that clears away.
 *
 * There is no index by expiry: it would be a fifth of the file, and removing by it touches a page a record. A
 * walk goes over the records in the order of their keys, some at a time, again and again, and removes what
 * has expired. When the file is nearly full it also removes, of those that it looks at, the quarter that
 * would expire first: new senders of a flood go before those who are known. That is done to types only that
 * have a sixteenth of all records or more: who can make us remember much of one kind makes us forget nothing
 * of another, such as the limits of an account.
 *
 * All return SQLite's codes; SQLITE_DONE is success where nothing else is said.
 */
#ifndef SVC_STORE_TABLE_H
#define SVC_STORE_TABLE_H

#include "svc/store/store_file.h"
#include "svc/store_page.h"
#include "svc/store.h"
#include "util/limits.h"

void store_table_init(struct store_file *f, const char *path, int pages);

struct store_row {
	int64_t expires;
	size_t n;
	char value[STORE_VALUE_MAX];
};

/* SQLITE_ROW: it is there, expired or not; SQLITE_DONE: it is not. */
int store_table_get(struct store_file *f, const struct store_request *r, struct store_row *out);
int store_table_put(struct store_file *f, const struct store_request *r, struct view value, int64_t expires);
int store_table_remove(struct store_file *f, const struct store_request *r);

/* Fills p with records of r's type, version and first bytes of the key, beyond the cursor r->value; where
 * both files (NULL: none) have one, `first` counts. SQLITE_ROW: there are more, beyond last_out. */
struct store_key {
	size_t n;
	char p[STORE_KEY_MAX];
};
int store_table_scan(struct store_file *first, struct store_file *second, const struct store_request *r,
	struct store_page *p, struct store_key *last_out);

/* Transactions. */
int store_table_begin(struct store_file *f);
int store_table_commit(struct store_file *f);
void store_table_rollback(struct store_file *f); /* also when there is none */

enum { STORE_ROUND_TYPES = 16 };

/* One step of the walk from where `at` (zeroed at first) is. */
struct store_round {
	uint8_t type, version;
	struct store_key key;
	uint64_t seen;    /* records, since the walk began anew */
	uint64_t records; /* that the last whole walk left */
	uint64_t of[STORE_ROUND_TYPES]; /* records by type: of this walk, and half as many as before */
};
int store_table_clear(struct store_file *f, struct store_round *at, int64_t now);

/* Moves some records from one to another, where they replace those of their keys; expired ones remove them.
 * It is a transaction of `to`, which is written even if there are none. *n_out: how many. */
int store_table_move(struct store_file *from, struct store_file *to, int64_t now, size_t *n_out);

/* Pages of it that are not free; 0: it is not open. */
int64_t store_table_pages(struct store_file *f);
bool store_table_crowded(struct store_file *f); /* nearly all that it may have */

#endif
