/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_sqlite.h"

#include <stdlib.h>

#include "svc/store/store_table.h"
#include "util/clock.h"
#include "util/log.h"

/* Records that the walk has to look at for each one that is written: it comes round while a tenth of them is
 * written anew. */
enum { WALK_RATIO = 10, WALK_MAX = 100000 };
enum { COMMIT_MS = 1000, RETRY_MS = 1000, ROOM_STEPS = 100, PAGE_BYTES = 4096 };

struct store_sqlite {
	struct store_file file;
	struct store_file spare; /* in memory, open while the file cannot be written: in front of it */
	bool away;               /* that is so */
	int64_t due_at;          /* clock_mono_ms: commit; away: try the file */
	unsigned writes;         /* since the last commit */
	struct store_round walk, spare_walk;
	unsigned to_walk;        /* records to look at before it may rest */
	uint64_t moved;          /* records from memory to the file, since it was away */
	uint64_t failures;
	char series[STORE_SERIES_MAX];
	struct store_row row;
	struct store_page page;
};

static bool
succeeded(int rc)
{
	return rc == SQLITE_OK || rc == SQLITE_DONE;
}

/* ---- with and without the file ---- */

/* The file is of no use: memory carries on. One that is broken is replaced, and then it is of use. */
static void
leave(struct store_sqlite *s, int rc)
{
	bool was_away = s->away;

	s->writes = 0;
	if (s->file.db)
		store_table_rollback(&s->file);
	rc = s->file.db ? store_file_replace(&s->file, rc) : rc;
	if (rc == SQLITE_OK && !was_away)
		return;
	s->away = true;
	s->due_at = clock_mono_ms() + RETRY_MS;
	if (was_away)
		return;
	s->failures++;
	s->moved = 0;
	log_seldom(LOG_LEVEL_WARN, "store-in-memory", "file=%s why=\"%s\": what is learned stays in memory "
		"until it can be written", s->file.path, store_file_why(&s->file, rc));
	rc = store_file_open(&s->spare);
	if (rc != SQLITE_OK)
		log_error("store-failed", "memory: %s", sqlite3_errstr(rc));
}

static void
come_back(struct store_sqlite *s)
{
	store_file_close(&s->spare);
	s->spare_walk = (struct store_round){.seen = 0};
	s->away = false;
	s->writes = 0;
	log_notice("store-in-file", "file=%s is written again; taken over from memory: %llu", s->file.path,
		(unsigned long long)s->moved);
}

/* The file takes over some of what memory has. */
static void
try_file(struct store_sqlite *s, int64_t now)
{
	size_t n = 0;
	int rc;

	if (store_file_thawed(&s->file))
		store_file_close(&s->file);
	rc = s->file.db ? store_file_check(&s->file) : store_file_open(&s->file);
	for (int i = 0; i < ROOM_STEPS && succeeded(rc) && store_table_crowded(&s->file); i++)
		rc = store_table_clear(&s->file, &s->walk, now);
	if (succeeded(rc) && s->spare.db)
		rc = store_table_move(&s->spare, &s->file, now, &n);
	s->moved += n;
	if (!succeeded(rc))
		leave(s, rc);
	else if (n == 0)
		come_back(s);
}

struct store_sqlite *
store_sqlite_new(const char *path)
{
	struct store_sqlite *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		log_die("out of memory");
	store_table_init(&s->file, path, STORE_FILE_PAGES);
	store_table_init(&s->spare, ":memory:", STORE_SPARE_PAGES);
	rc = store_file_open(&s->file);
	s->to_walk = WALK_MAX;
	if (rc != SQLITE_OK)
		leave(s, rc);
	return s;
}

/* ---- one record ---- */

/* A statement on the file went wrong; memory takes over, and the request is carried out again. */
static enum store_status
failed(struct store_sqlite *s, const struct store_file *f, int rc)
{
	if (f == &s->file)
		leave(s, rc);
	else
		log_seldom(LOG_LEVEL_ERROR, "store-failed", "memory: %s", sqlite3_errstr(rc));
	return STORE_TEMPFAIL;
}

/* What cannot be read is as good as closed. */
static enum store_status
unreadable(struct store_sqlite *s, const struct store_file *f, int rc)
{
	failed(s, f, rc);
	if (f == &s->file && s->away)
		store_file_close(&s->file);
	return STORE_TEMPFAIL;
}

static enum store_status
get(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	struct store_file *f = s->away ? &s->spare : &s->file;
	int rc = f->db ? store_table_get(f, r, &s->row) : SQLITE_DONE;

	if (rc == SQLITE_DONE && s->away && s->file.db) {
		f = &s->file;
		rc = store_table_get(f, r, &s->row);
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return unreadable(s, f, rc);
	if (rc == SQLITE_DONE || s->row.expires <= r->now)
		return STORE_NONE;
	*value_out = view_of(s->row.value, s->row.n);
	return STORE_FOUND;
}

/* Writes are gathered in one transaction, but in memory. */
static int
begin_write(struct store_sqlite *s)
{
	int rc = SQLITE_DONE;

	if (s->away)
		return s->spare.db ? rc : SQLITE_NOMEM;
	if (sqlite3_get_autocommit(s->file.db)) {
		rc = store_table_begin(&s->file);
		s->writes = 0;
		s->due_at = clock_mono_ms() + COMMIT_MS;
	}
	if (++s->writes >= STORE_BATCH)
		s->due_at = 0;
	return rc;
}

static enum store_status
put(struct store_sqlite *s, const struct store_request *r, struct view value, int64_t expires)
{
	struct store_file *f = s->away ? &s->spare : &s->file;
	int rc = begin_write(s);

	s->to_walk += s->to_walk < WALK_MAX ? WALK_RATIO : 0;
	if (rc == SQLITE_DONE)
		rc = store_table_put(f, r, value, expires);
	return rc == SQLITE_DONE ? STORE_FOUND : failed(s, f, rc);
}

static enum store_status
add(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	enum store_status found = get(s, r, value_out);

	if (found != STORE_NONE)
		return found;
	return put(s, r, r->value, r->expires) == STORE_FOUND ? STORE_NONE : STORE_TEMPFAIL;
}

/* In memory it leaves an expired record, which hides the one in the file. */
static enum store_status
erase(struct store_sqlite *s, const struct store_request *r)
{
	struct view old;
	enum store_status found = get(s, r, &old);
	int rc;

	if (found == STORE_TEMPFAIL)
		return found;
	if (s->away)
		return put(s, r, VIEW(""), 0) == STORE_FOUND ? found : STORE_TEMPFAIL;
	rc = begin_write(s);
	if (rc == SQLITE_DONE)
		rc = store_table_remove(&s->file, r);
	return rc == SQLITE_DONE ? found : failed(s, &s->file, rc);
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

/* The cursor is the last key of the page before: keys are in order. */
static enum store_status
scan(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	struct store_file *spare = s->spare.db ? &s->spare : NULL, *file = s->file.db ? &s->file : NULL;
	struct store_key last = {.n = 0};
	int rc;

	store_page_init(&s->page);
	rc = store_table_scan(spare, file, r, &s->page, &last);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		return unreadable(s, &s->file, rc);
	*value_out = store_page_end(&s->page, view_of(last.p, rc == SQLITE_ROW ? last.n : 0));
	return STORE_FOUND;
}

static enum store_status
carry_out(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
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

enum store_status
store_sqlite_do(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	enum store_status status = carry_out(s, r, value_out);

	/* The file may have been left or replaced, and once more if what could still be read cannot be. */
	for (int i = 0; status == STORE_TEMPFAIL && i < 2; i++)
		status = carry_out(s, r, value_out);
	return status;
}

/* ---- time ---- */

static bool
idle(const struct store_sqlite *s)
{
	return !s->away && (!s->file.db || sqlite3_get_autocommit(s->file.db));
}

int
store_sqlite_due(const struct store_sqlite *s)
{
	int64_t left;

	if (s->to_walk >= STORE_EXPIRE_STEP)
		return 0;
	if (idle(s))
		return -1;
	left = s->due_at - clock_mono_ms();
	return left < 0 ? 0 : left > COMMIT_MS ? COMMIT_MS : (int)left;
}

/* One step, in the transaction if there is one. What memory has does not expire there: it hides what the file
 * has. */
static void
walk(struct store_sqlite *s, int64_t now)
{
	struct store_file *f = s->away ? &s->spare : &s->file;
	struct store_round *at = s->away ? &s->spare_walk : &s->walk;
	int rc = f->db ? store_table_clear(f, at, s->away ? INT64_MIN : now) : SQLITE_NOMEM;

	s->to_walk -= s->to_walk < STORE_EXPIRE_STEP ? s->to_walk : STORE_EXPIRE_STEP;
	if (rc != SQLITE_DONE)
		failed(s, f, rc);
	else if (at->key.n == 0) /* it has come round */
		s->to_walk = 0;
}

static void
commit(struct store_sqlite *s)
{
	int rc = store_table_commit(&s->file);

	s->writes = 0;
	if (rc == SQLITE_DONE)
		rc = store_file_check(&s->file);
	if (!succeeded(rc))
		leave(s, rc);
}

void
store_sqlite_tick(struct store_sqlite *s, int64_t now)
{
	bool at_time = !idle(s) && clock_mono_ms() >= s->due_at;

	if (s->to_walk >= STORE_EXPIRE_STEP || (at_time && s->to_walk))
		walk(s, now);
	if (!at_time)
		return;
	if (s->away)
		try_file(s, now);
	else
		commit(s);
}

void
store_sqlite_describe(struct store_sqlite *s, struct store_sqlite_state *out)
{
	*out = (struct store_sqlite_state){
		.in_memory = s->away,
		.failures = s->failures,
		.records = s->walk.records > s->walk.seen ? s->walk.records : s->walk.seen,
		.bytes = (uint64_t)store_table_pages(&s->file) * PAGE_BYTES,
		.waiting = (uint64_t)store_table_pages(&s->spare) * PAGE_BYTES,
	};
}

void
store_sqlite_free(struct store_sqlite *s)
{
	uint64_t moved = UINT64_MAX;

	if (!s)
		return;
	while (s->away && (moved == UINT64_MAX || s->moved > moved)) {
		moved = s->moved;
		try_file(s, 0);
	}
	if (!s->away && !idle(s))
		commit(s);
	store_file_close(&s->file);
	store_file_close(&s->spare);
	free(s);
}
