/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_sqlite.h"

#include <stdlib.h>

#include "svc/store/store_file.h"
#include "svc/store_page.h"
#include "util/clock.h"
#include "util/log.h"

enum { COMMIT_MS = 1000, SCAN_STEP = 200 }; /* records looked at for one page */

enum query { GET, PUT, REMOVE, SCAN, EXPIRE, BEGIN, COMMIT, QUERIES };

static const char *const queries[QUERIES] = {
	[GET] = "SELECT value FROM record WHERE type = ?1 AND version = ?2 AND key = ?3 AND expires > ?4",
	[PUT] = "INSERT OR REPLACE INTO record (type, version, key, value, expires)"
		" VALUES (?1, ?2, ?3, ?5, ?6)",
	[REMOVE] = "DELETE FROM record WHERE type = ?1 AND version = ?2 AND key = ?3 AND expires > ?4",
	[SCAN] = "SELECT key, value, expires FROM record WHERE type = ?1 AND version = ?2 AND key > ?3"
		 " AND key >= ?4 ORDER BY key LIMIT ?5",
	[EXPIRE] = "DELETE FROM record WHERE (type, version, key) IN"
		   " (SELECT type, version, key FROM record WHERE expires <= ?1 LIMIT ?2)",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
};

struct store_sqlite {
	struct store_file file;
	int64_t commit_at; /* clock_mono_ms: of the open transaction */
	unsigned writes;   /* in it */
	char value[STORE_VALUE_MAX], series[STORE_SERIES_MAX];
	struct store_page page;
};

struct store_sqlite *
store_sqlite_new(const char *path)
{
	struct store_sqlite *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->file = (struct store_file){.path = path, .sql = queries, .n = QUERIES, .retry_at = INT64_MIN};
	store_file_open(&s->file);
	return s;
}

/* ---- statements ---- */

/* A step that went wrong. */
static enum store_status
failed(struct store_sqlite *s)
{
	int rc = sqlite3_errcode(s->file.db);

	log_seldom(LOG_LEVEL_ERROR, "store-failed", "file=%s why=\"%s\"", s->file.path, sqlite3_errstr(rc));
	/* With the file its transaction goes; some failures roll it back. */
	if (store_file_give_up(&s->file, rc) || sqlite3_get_autocommit(s->file.db))
		s->writes = 0;
	return STORE_TEMPFAIL;
}

/* Runs a statement that yields no row. */
static bool
run(struct store_sqlite *s, enum query which)
{
	int rc = sqlite3_step(s->file.query[which]);

	sqlite3_reset(s->file.query[which]);
	return rc == SQLITE_DONE;
}

/* A null pointer would be NULL, not an empty value. */
static void
bind_bytes(sqlite3_stmt *q, int place, struct view v)
{
	sqlite3_bind_blob(q, place, v.n ? v.p : "", (int)v.n, SQLITE_STATIC);
}

static sqlite3_stmt *
bind(struct store_sqlite *s, enum query which, const struct store_request *r)
{
	sqlite3_stmt *q = s->file.query[which];

	sqlite3_bind_int(q, 1, r->type);
	sqlite3_bind_int(q, 2, r->version);
	bind_bytes(q, 3, r->key);
	return q;
}

/* Writes are gathered in one transaction. */
static bool
begin_write(struct store_sqlite *s)
{
	if (sqlite3_get_autocommit(s->file.db)) {
		if (!run(s, BEGIN))
			return false;
		s->writes = 0;
		s->commit_at = clock_mono_ms() + COMMIT_MS;
	}
	if (++s->writes >= STORE_BATCH)
		s->commit_at = 0;
	return true;
}

/* ---- operations ---- */

static enum store_status
get(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	sqlite3_stmt *q = bind(s, GET, r);
	int rc;
	size_t n;

	sqlite3_bind_int64(q, 4, r->now);
	rc = sqlite3_step(q);
	if (rc == SQLITE_DONE) {
		sqlite3_reset(q);
		return STORE_NONE;
	}
	n = rc == SQLITE_ROW ? (size_t)sqlite3_column_bytes(q, 0) : 0;
	if (rc != SQLITE_ROW || n > sizeof(s->value)) {
		sqlite3_reset(q);
		return failed(s);
	}
	if (n)
		memcpy(s->value, sqlite3_column_blob(q, 0), n);
	sqlite3_reset(q);
	*value_out = view_of(s->value, n);
	return STORE_FOUND;
}

static enum store_status
put(struct store_sqlite *s, const struct store_request *r, struct view value, int64_t expires)
{
	sqlite3_stmt *q = bind(s, PUT, r);

	bind_bytes(q, 5, value);
	sqlite3_bind_int64(q, 6, expires);
	return begin_write(s) && run(s, PUT) ? STORE_FOUND : failed(s);
}

static enum store_status
add(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	enum store_status found = get(s, r, value_out);

	if (found != STORE_NONE)
		return found;
	return put(s, r, r->value, r->expires) == STORE_FOUND ? STORE_NONE : STORE_TEMPFAIL;
}

static enum store_status
erase(struct store_sqlite *s, const struct store_request *r)
{
	sqlite3_stmt *q = bind(s, REMOVE, r);

	sqlite3_bind_int64(q, 4, r->now);
	if (!begin_write(s) || !run(s, REMOVE))
		return failed(s);
	return sqlite3_changes(s->file.db) ? STORE_FOUND : STORE_NONE;
}

static enum store_status
tally(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	struct view old = {NULL, 0};
	size_t n;

	if (get(s, r, &old) == STORE_TEMPFAIL)
		return STORE_TEMPFAIL;
	n = store_series_add(old, r->now, r->step, r->window, r->amount, s->series);
	if (r->amount && put(s, r, view_of(s->series, n), r->now + r->window + r->step) != STORE_FOUND)
		return STORE_TEMPFAIL;
	if (n == 0)
		return STORE_NONE;
	*value_out = view_of(s->series, n);
	return STORE_FOUND;
}

static struct view
column(sqlite3_stmt *q, int i)
{
	const void *p = sqlite3_column_blob(q, i);
	int n = sqlite3_column_bytes(q, i);

	return view_of(p ? p : "", (size_t)n);
}

/* Fills the page; the key that it ends with goes to last. SQLITE_ROW: there are more. */
static int
fill(struct store_sqlite *s, sqlite3_stmt *q, const struct store_request *r, char last[static STORE_KEY_MAX],
	size_t *last_n)
{
	struct store_page_record record;
	unsigned rows;
	int rc;

	for (rows = 0; (rc = sqlite3_step(q)) == SQLITE_ROW; rows++) {
		record.key = column(q, 0);
		record.value = column(q, 1);
		record.expires = sqlite3_column_int64(q, 2);
		if (!view_eq(view_head(record.key, r->key.n), r->key))
			return SQLITE_DONE;
		if (record.expires > r->now && !store_page_add(&s->page, &record))
			return SQLITE_ROW;
		*last_n = record.key.n < STORE_KEY_MAX ? record.key.n : STORE_KEY_MAX;
		memcpy(last, record.key.p, *last_n);
	}
	return rc == SQLITE_DONE && rows == SCAN_STEP ? SQLITE_ROW : rc;
}

/* The cursor is the last key of the page before: keys are in order. */
static enum store_status
scan(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	sqlite3_stmt *q = bind(s, SCAN, r);
	char last[STORE_KEY_MAX];
	size_t n = 0;
	int rc;

	bind_bytes(q, 3, r->value);
	bind_bytes(q, 4, r->key);
	sqlite3_bind_int(q, 5, SCAN_STEP);
	store_page_init(&s->page);
	rc = fill(s, q, r, last, &n);
	sqlite3_reset(q);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return failed(s);
	*value_out = store_page_end(&s->page, view_of(last, rc == SQLITE_ROW ? n : 0));
	return STORE_FOUND;
}

enum store_status
store_sqlite_do(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	if (!store_file_open(&s->file))
		return STORE_TEMPFAIL;
	switch (r->op) {
	case STORE_GET:
		return get(s, r, value_out);
	case STORE_ADD:
		return add(s, r, value_out);
	case STORE_PUT:
		return put(s, r, r->value, r->expires);
	case STORE_REMOVE:
		return erase(s, r);
	case STORE_TALLY:
		return tally(s, r, value_out);
	case STORE_SCAN:
		return scan(s, r, value_out);
	}
	return STORE_TEMPFAIL;
}

/* ---- time ---- */

int
store_sqlite_due(const struct store_sqlite *s)
{
	int64_t left;

	if (!s->file.db || sqlite3_get_autocommit(s->file.db))
		return -1;
	left = s->commit_at - clock_mono_ms();
	return left < 0 ? 0 : left > COMMIT_MS ? COMMIT_MS : (int)left;
}

void
store_sqlite_tick(struct store_sqlite *s, int64_t now)
{
	if (store_sqlite_due(s) != 0)
		return;
	sqlite3_bind_int64(s->file.query[EXPIRE], 1, now);
	sqlite3_bind_int(s->file.query[EXPIRE], 2, STORE_EXPIRE_STEP);
	s->commit_at = clock_mono_ms() + COMMIT_MS; /* when it is tried again, should it fail */
	if (!run(s, EXPIRE) || !run(s, COMMIT))
		failed(s);
}

void
store_sqlite_free(struct store_sqlite *s)
{
	if (!s)
		return;
	if (s->file.db && !sqlite3_get_autocommit(s->file.db) && !run(s, COMMIT))
		failed(s);
	store_file_close(&s->file);
	free(s);
}
