/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_table.h"

#include <stdlib.h>
#include <string.h>

enum { SCAN_STEP = 200, MOVE_STEP = 500 }; /* records looked at for one page; moved at once */

enum query { GET, PUT, REMOVE, SCAN, WALK, CLEAR, BEGIN, COMMIT, ROLLBACK, PAGES, FREE, QUERIES };

#define RANGE "(type, version, key) > (?1, ?2, ?3)"

static const char *const queries[QUERIES] = {
	[GET] = "SELECT value, expires FROM record WHERE type = ?1 AND version = ?2 AND key = ?3",
	[PUT] = "INSERT OR REPLACE INTO record (type, version, key, value, expires)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
	[REMOVE] = "DELETE FROM record WHERE type = ?1 AND version = ?2 AND key = ?3",
	[SCAN] = "SELECT key, value, expires FROM record WHERE type = ?1 AND version = ?2 AND key > ?3"
		 " AND key >= ?4 ORDER BY key LIMIT ?5",
	[WALK] = "SELECT type, version, key, expires, value FROM record WHERE " RANGE
		 " ORDER BY type, version, key LIMIT ?4",
	[CLEAR] = "DELETE FROM record WHERE " RANGE " AND (type, version, key) <= (?4, ?5, ?6)"
		  " AND expires <= ?7",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PAGES] = "PRAGMA page_count",
	[FREE] = "PRAGMA freelist_count",
};

_Static_assert((int)QUERIES <= (int)STORE_QUERIES_MAX, "store_file keeps them");

void
store_table_init(struct store_file *f, const char *path, int pages)
{
	*f = (struct store_file){.path = path, .pages = pages, .sql = queries, .n = QUERIES};
}

/* ---- statements ---- */

/* Runs a statement that yields no row. */
static int
run(struct store_file *f, enum query which)
{
	int rc = sqlite3_step(f->query[which]);

	sqlite3_reset(f->query[which]);
	return rc;
}

/* A null pointer would be NULL, not an empty value. */
static void
bind_bytes(sqlite3_stmt *q, int place, struct view v)
{
	sqlite3_bind_blob(q, place, v.n ? v.p : "", (int)v.n, SQLITE_STATIC);
}

static sqlite3_stmt *
bind_key(sqlite3_stmt *q, int place, uint8_t type, uint8_t version, struct view key)
{
	sqlite3_bind_int(q, place, type);
	sqlite3_bind_int(q, place + 1, version);
	bind_bytes(q, place + 2, key);
	return q;
}

static sqlite3_stmt *
bind(struct store_file *f, enum query which, const struct store_request *r)
{
	return bind_key(f->query[which], 1, r->type, r->version, r->key);
}

static struct view
column(sqlite3_stmt *q, int i)
{
	const void *p = sqlite3_column_blob(q, i);
	int n = sqlite3_column_bytes(q, i);

	return view_of(p ? p : "", (size_t)n);
}

static struct view
key_view(const struct store_key *k)
{
	return view_of(k->p, k->n);
}

/* Keys of other programs may be longer: only their beginning is kept, and they are seen again. */
static void
keep_key(struct store_key *k, struct view v)
{
	k->n = v.n < STORE_KEY_MAX ? v.n : STORE_KEY_MAX;
	memcpy(k->p, v.p, k->n);
}

/* ---- one record ---- */

int
store_table_get(struct store_file *f, const struct store_request *r, struct store_row *out)
{
	sqlite3_stmt *q = bind(f, GET, r);
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW) {
		struct view v = column(q, 0);

		if (v.n > sizeof(out->value)) {
			rc = SQLITE_CORRUPT;
		} else {
			memcpy(out->value, v.p, v.n);
			out->n = v.n;
			out->expires = sqlite3_column_int64(q, 1);
		}
	}
	sqlite3_reset(q);
	return rc;
}

int
store_table_put(struct store_file *f, const struct store_request *r, struct view value, int64_t expires)
{
	sqlite3_stmt *q = bind(f, PUT, r);

	bind_bytes(q, 4, value);
	sqlite3_bind_int64(q, 5, expires);
	return run(f, PUT);
}

int
store_table_remove(struct store_file *f, const struct store_request *r)
{
	bind(f, REMOVE, r);
	return run(f, REMOVE);
}

/* ---- transactions ---- */

int
store_table_begin(struct store_file *f)
{
	return run(f, BEGIN);
}

int
store_table_commit(struct store_file *f)
{
	return run(f, COMMIT);
}

void
store_table_rollback(struct store_file *f)
{
	if (f->db && !sqlite3_get_autocommit(f->db))
		run(f, ROLLBACK);
}

/* ---- lists ---- */

/* One file's part of a list. */
struct side {
	sqlite3_stmt *q; /* NULL: none */
	int rc;          /* SQLITE_ROW: record is the next one */
	struct store_page_record record;
};

static void
side_step(struct side *s, struct view prefix)
{
	s->rc = sqlite3_step(s->q);
	if (s->rc != SQLITE_ROW)
		return;
	s->record.key = column(s->q, 0);
	s->record.value = column(s->q, 1);
	s->record.expires = sqlite3_column_int64(s->q, 2);
	if (!view_eq(view_head(s->record.key, prefix.n), prefix))
		s->rc = SQLITE_DONE;
}

static void
side_begin(struct side *s, struct store_file *f, const struct store_request *r)
{
	*s = (struct side){.q = NULL, .rc = SQLITE_DONE};
	if (!f)
		return;
	s->q = bind(f, SCAN, r);
	bind_bytes(s->q, 3, r->value);
	bind_bytes(s->q, 4, r->key);
	sqlite3_bind_int(s->q, 5, SCAN_STEP);
	side_step(s, r->key);
}

/* The side whose record comes first, which is passed over in the other one. NULL: there is none. */
static struct side *
next(struct side *a, struct side *b, struct view prefix)
{
	int order;

	if (a->rc != SQLITE_ROW || b->rc != SQLITE_ROW)
		return a->rc == SQLITE_ROW ? a : b->rc == SQLITE_ROW ? b : NULL;
	order = view_cmp(a->record.key, b->record.key);
	if (order == 0)
		side_step(b, prefix);
	return order <= 0 ? a : b;
}

static int
fill(struct side *a, struct side *b, const struct store_request *r, struct store_page *p,
	struct store_key *last)
{
	struct side *s;
	unsigned rows;

	for (rows = 0; rows < SCAN_STEP && (s = next(a, b, r->key)); rows++) {
		if (s->record.expires > r->now && !store_page_add(p, &s->record))
			return SQLITE_ROW;
		keep_key(last, s->record.key);
		side_step(s, r->key);
	}
	if (a->rc != SQLITE_ROW && a->rc != SQLITE_DONE)
		return a->rc;
	if (b->rc != SQLITE_ROW && b->rc != SQLITE_DONE)
		return b->rc;
	return rows == SCAN_STEP ? SQLITE_ROW : SQLITE_DONE;
}

int
store_table_scan(struct store_file *first, struct store_file *second, const struct store_request *r,
	struct store_page *p, struct store_key *last_out)
{
	struct side a, b;
	int rc;

	side_begin(&a, first, r);
	side_begin(&b, second, r);
	rc = fill(&a, &b, r, p, last_out);
	if (a.q)
		sqlite3_reset(a.q);
	if (b.q)
		sqlite3_reset(b.q);
	return rc;
}

/* ---- the walk ---- */

int64_t
store_table_pages(struct store_file *f)
{
	int64_t n[2] = {0, 0};

	for (int i = 0; f->db && i < 2; i++) {
		sqlite3_stmt *q = f->query[i ? FREE : PAGES];

		if (sqlite3_step(q) == SQLITE_ROW)
			n[i] = sqlite3_column_int64(q, 0);
		sqlite3_reset(q);
	}
	return n[0] - n[1];
}

/* Pages become free only where the walk was: meanwhile the rest needs room. */
bool
store_table_crowded(struct store_file *f)
{
	return store_table_pages(f) > f->pages - f->pages / 16;
}

/* The next records, all of one type: their times to expire, soonest first, and where they end. */
struct step {
	size_t n;
	int64_t expires[STORE_EXPIRE_STEP];
	bool last; /* there are no more */
	struct store_round end;
};

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
look(struct store_file *f, const struct store_round *at, struct step *out)
{
	sqlite3_stmt *q = bind_key(f->query[WALK], 1, at->type, at->version, key_view(&at->key));
	int rc;

	out->n = 0;
	out->end = *at;
	sqlite3_bind_int(q, 4, STORE_EXPIRE_STEP);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		if (out->n && sqlite3_column_int(q, 0) != out->end.type)
			break;
		out->expires[out->n++] = sqlite3_column_int64(q, 3);
		out->end.type = (uint8_t)sqlite3_column_int(q, 0);
		out->end.version = (uint8_t)sqlite3_column_int(q, 1);
		keep_key(&out->end.key, column(q, 2));
	}
	sqlite3_reset(q);
	qsort(out->expires, out->n, sizeof(*out->expires), compare);
	out->last = rc == SQLITE_DONE && out->n < STORE_EXPIRE_STEP;
	return rc == SQLITE_ROW ? SQLITE_DONE : rc;
}

/* Is this one of the types that take the room? There is always one. */
static bool
is_large(const struct store_round *r)
{
	uint64_t all = 0;

	for (size_t i = 0; i < STORE_ROUND_TYPES; i++)
		all += r->of[i];
	return r->of[r->type % STORE_ROUND_TYPES] >= all / STORE_ROUND_TYPES;
}

/* Half of what this one counted is believed of the next. */
static struct store_round
next_round(const struct store_round *r)
{
	struct store_round next = {.records = r->seen};

	for (size_t i = 0; i < STORE_ROUND_TYPES; i++)
		next.of[i] = r->of[i] / 2;
	return next;
}

static int
remove_range(struct store_file *f, const struct store_round *from, const struct store_round *to,
	int64_t expires)
{
	sqlite3_stmt *q = bind_key(f->query[CLEAR], 1, from->type, from->version, key_view(&from->key));

	bind_key(q, 4, to->type, to->version, key_view(&to->key));
	sqlite3_bind_int64(q, 7, expires);
	return run(f, CLEAR);
}

int
store_table_clear(struct store_file *f, struct store_round *at, int64_t now)
{
	struct step s;
	int rc = look(f, at, &s);
	int64_t limit = now;

	s.end.seen += s.n;
	s.end.of[s.end.type % STORE_ROUND_TYPES] += s.n;
	if (s.n && store_table_crowded(f) && is_large(&s.end) && s.expires[s.n / 4] > now)
		limit = s.expires[s.n / 4];
	if (rc == SQLITE_DONE && s.n && s.expires[0] <= limit) {
		rc = remove_range(f, at, &s.end, limit);
		s.end.seen -= rc == SQLITE_DONE ? (uint64_t)sqlite3_changes(f->db) : 0;
	}
	if (rc != SQLITE_DONE)
		return rc;
	*at = s.last ? next_round(&s.end) : s.end;
	return rc;
}

/* ---- from one file to another ---- */

static int
copy(struct store_file *from, struct store_file *to, int64_t now, struct step *out)
{
	sqlite3_stmt *q = bind_key(from->query[WALK], 1, 0, 0, VIEW(""));
	int rc = SQLITE_DONE, read;

	out->n = 0;
	sqlite3_bind_int(q, 4, MOVE_STEP);
	while ((read = sqlite3_step(q)) == SQLITE_ROW && rc == SQLITE_DONE) {
		struct store_request r = {.type = (uint8_t)sqlite3_column_int(q, 0),
			.version = (uint8_t)sqlite3_column_int(q, 1), .key = column(q, 2)};
		int64_t expires = sqlite3_column_int64(q, 3);

		if (expires > now)
			rc = store_table_put(to, &r, column(q, 4), expires);
		else
			rc = store_table_remove(to, &r);
		out->n++;
		out->end.type = r.type;
		out->end.version = r.version;
		keep_key(&out->end.key, r.key);
	}
	sqlite3_reset(q);
	return rc == SQLITE_DONE && read != SQLITE_ROW ? read : rc;
}

int
store_table_move(struct store_file *from, struct store_file *to, int64_t now, size_t *n_out)
{
	static const struct store_round begin = {.seen = 0};
	struct step s;
	int rc = store_table_begin(to);

	if (rc == SQLITE_DONE)
		rc = store_file_touch(to);
	if (rc == SQLITE_OK)
		rc = copy(from, to, now, &s);
	if (rc == SQLITE_DONE)
		rc = store_table_commit(to);
	if (rc == SQLITE_DONE)
		rc = s.n ? remove_range(from, &begin, &s.end, INT64_MAX) : SQLITE_DONE;
	if (rc == SQLITE_DONE)
		*n_out = s.n;
	else
		store_table_rollback(to);
	return rc;
}
