/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"

enum { RETRY_MS = 5000, COMMIT_MS = 1000, APPLICATION = 0x506f7374, LAYOUT = 1 };

enum query { GET, PUT, EXPIRE, BEGIN, COMMIT, QUERIES };

/* The version is part of the key: a record of a version that this build does not know is neither found nor
 * overwritten. */
static const char *const layout =
	"CREATE TABLE IF NOT EXISTS record (type INTEGER NOT NULL, version INTEGER NOT NULL,"
	" key BLOB NOT NULL, value BLOB NOT NULL, expires INTEGER NOT NULL,"
	" PRIMARY KEY (type, version, key)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS record_expires ON record (expires)";

static const char *const queries[QUERIES] = {
	[GET] = "SELECT value FROM record WHERE type = ?1 AND version = ?2 AND key = ?3 AND expires > ?4",
	[PUT] = "INSERT OR REPLACE INTO record (type, version, key, value, expires)"
		" VALUES (?1, ?2, ?3, ?5, ?6)",
	[EXPIRE] = "DELETE FROM record WHERE (type, version, key) IN"
		   " (SELECT type, version, key FROM record WHERE expires <= ?1 LIMIT ?2)",
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
};

struct store_sqlite {
	const char *path; /* kept */
	sqlite3 *db;      /* NULL: not open */
	sqlite3_stmt *query[QUERIES];
	int64_t retry_at;  /* clock_mono_ms: not opened before */
	int64_t commit_at; /* clock_mono_ms: of the open transaction */
	unsigned writes;   /* in it */
	char value[STORE_VALUE_MAX];
};

/* ---- opening ---- */

static void
drop(struct store_sqlite *s)
{
	for (size_t i = 0; i < QUERIES; i++) {
		sqlite3_finalize(s->query[i]);
		s->query[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
	s->writes = 0;
}

static bool
in_memory(const struct store_sqlite *s)
{
	return strcmp(s->path, ":memory:") == 0;
}

/* SQLite would make the file readable for all. */
static int
make_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int rc = SQLITE_OK;

	if (fd < 0)
		return errno == EACCES || errno == ELOOP || errno == EISDIR ? SQLITE_CANTOPEN : SQLITE_IOERR;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = SQLITE_CANTOPEN;
	close(fd);
	return rc;
}

static int
pragma(sqlite3 *db, const char *name, int *value_out)
{
	char sql[64];
	sqlite3_stmt *q;
	int rc;

	snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);
	if (rc == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		*value_out = sqlite3_column_int(q, 0);
	return rc == SQLITE_OK ? sqlite3_finalize(q) : rc;
}

/* An empty file becomes ours; another program's, or of a later layout, is none of ours. */
static int
check_layout(sqlite3 *db)
{
	int application = 0, version = 0, rc = pragma(db, "application_id", &application);
	char sql[96];

	if (rc == SQLITE_OK)
		rc = pragma(db, "user_version", &version);
	if (rc != SQLITE_OK)
		return rc;
	if ((application || version) && (application != APPLICATION || version != LAYOUT))
		return SQLITE_NOTADB;
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION,
		LAYOUT);
	return version ? SQLITE_OK : sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int
prepare(struct store_sqlite *s)
{
	char limit[64];
	int rc = sqlite3_exec(s->db,
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		"PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384;"
		"PRAGMA trusted_schema = OFF",
		NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = check_layout(s->db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, layout, NULL, NULL, NULL);
	snprintf(limit, sizeof(limit), "PRAGMA max_page_count = %d", STORE_FILE_PAGES);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, limit, NULL, NULL, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < QUERIES; i++)
		rc = sqlite3_prepare_v3(s->db, queries[i], -1, SQLITE_PREPARE_PERSISTENT, &s->query[i], NULL);
	return rc;
}

static int
try_open(struct store_sqlite *s)
{
	int rc = in_memory(s) ? SQLITE_OK : make_file(s->path);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_open_v2(s->path, &s->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK && sqlite3_db_readonly(s->db, "main") == 1)
		rc = SQLITE_READONLY;
	if (rc == SQLITE_OK)
		rc = prepare(s);
	if (rc != SQLITE_OK)
		drop(s);
	return rc;
}

/* The file is at fault, not the disk, the memory or another process. */
static bool
broken(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_ERROR: /* a table of our name, but of another shape */
		return true;
	default:
		return false;
	}
}

/* Renames the file and what belongs to it. False if that cannot be done. */
static bool
set_aside(const char *path, int rc)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	long long now = (long long)clock_wall();
	char from[1024], to[1100];

	for (size_t i = 0; i < 3; i++) {
		snprintf(from, sizeof(from), "%s%s", path, parts[i]);
		snprintf(to, sizeof(to), "%s.broken-%lld%s", path, now, parts[i]);
		if (rename(from, to) != 0 && (i == 0 || errno != ENOENT))
			return false;
	}
	log_warn("store-broken", "file=%s why=\"%s\" set aside as %s.broken-%lld, starting empty", path,
		sqlite3_errstr(rc), path, now);
	return true;
}

static bool
ensure_open(struct store_sqlite *s)
{
	int rc;

	if (s->db)
		return true;
	if (clock_mono_ms() < s->retry_at)
		return false;
	errno = 0;
	rc = try_open(s);
	if (broken(rc) && !in_memory(s) && set_aside(s->path, rc))
		rc = try_open(s);
	if (rc == SQLITE_OK)
		return true;
	s->retry_at = clock_mono_ms() + RETRY_MS;
	log_seldom(LOG_LEVEL_ERROR, "store-unavailable", "file=%s why=\"%s\"", s->path,
		rc == SQLITE_IOERR && errno ? strerror(errno) : sqlite3_errstr(rc));
	return false;
}

struct store_sqlite *
store_sqlite_new(const char *path)
{
	struct store_sqlite *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->path = path;
	s->retry_at = INT64_MIN;
	ensure_open(s);
	return s;
}

/* ---- working ---- */

/* A step that went wrong. A corrupt file is closed, to be set aside when it is opened again. */
static enum store_status
failed(struct store_sqlite *s)
{
	int rc = sqlite3_errcode(s->db);

	log_seldom(LOG_LEVEL_ERROR, "store-failed", "file=%s why=\"%s\"", s->path, sqlite3_errstr(rc));
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB) {
		drop(s);
		if (!in_memory(s))
			set_aside(s->path, rc);
		s->retry_at = clock_mono_ms() + RETRY_MS; /* a bad disk must not fill with our remains */
		return STORE_TEMPFAIL;
	}
	if (sqlite3_get_autocommit(s->db)) /* some failures roll the transaction back */
		s->writes = 0;
	return STORE_TEMPFAIL;
}

/* Runs a statement that yields no row. */
static bool
run(struct store_sqlite *s, enum query which)
{
	int rc = sqlite3_step(s->query[which]);

	sqlite3_reset(s->query[which]);
	return rc == SQLITE_DONE;
}

static sqlite3_stmt *
bind(struct store_sqlite *s, enum query which, const struct store_request *r)
{
	sqlite3_stmt *q = s->query[which];

	sqlite3_bind_int(q, 1, r->type);
	sqlite3_bind_int(q, 2, r->version);
	sqlite3_bind_blob(q, 3, r->key.p, (int)r->key.n, SQLITE_STATIC);
	if (which == GET) {
		sqlite3_bind_int64(q, 4, r->now);
		return q;
	}
	/* A null pointer would be NULL, not an empty value. */
	sqlite3_bind_blob(q, 5, r->value.n ? r->value.p : "", (int)r->value.n, SQLITE_STATIC);
	sqlite3_bind_int64(q, 6, r->expires);
	return q;
}

static enum store_status
get(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	sqlite3_stmt *q = bind(s, GET, r);
	int rc = sqlite3_step(q);
	size_t n;

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
put(struct store_sqlite *s, const struct store_request *r)
{
	if (sqlite3_get_autocommit(s->db)) {
		if (!run(s, BEGIN))
			return failed(s);
		s->writes = 0;
		s->commit_at = clock_mono_ms() + COMMIT_MS;
	}
	bind(s, PUT, r);
	if (!run(s, PUT))
		return failed(s);
	if (++s->writes >= STORE_BATCH)
		s->commit_at = 0;
	return STORE_FOUND;
}

enum store_status
store_sqlite_do(struct store_sqlite *s, const struct store_request *r, struct view *value_out)
{
	enum store_status status;

	if (!ensure_open(s))
		return STORE_TEMPFAIL;
	if (r->op == STORE_PUT)
		return put(s, r);
	status = get(s, r, value_out);
	if (r->op == STORE_GET || status != STORE_NONE)
		return status;
	return put(s, r) == STORE_FOUND ? STORE_NONE : STORE_TEMPFAIL;
}

/* ---- time ---- */

int
store_sqlite_due(const struct store_sqlite *s)
{
	int64_t left;

	if (!s->db || sqlite3_get_autocommit(s->db))
		return -1;
	left = s->commit_at - clock_mono_ms();
	return left < 0 ? 0 : left > COMMIT_MS ? COMMIT_MS : (int)left;
}

void
store_sqlite_tick(struct store_sqlite *s, int64_t now)
{
	if (store_sqlite_due(s) != 0)
		return;
	sqlite3_bind_int64(s->query[EXPIRE], 1, now);
	sqlite3_bind_int(s->query[EXPIRE], 2, STORE_EXPIRE_STEP);
	s->commit_at = clock_mono_ms() + COMMIT_MS; /* when it is tried again, should it fail */
	if (!run(s, EXPIRE) || !run(s, COMMIT))
		failed(s);
}

void
store_sqlite_free(struct store_sqlite *s)
{
	if (!s)
		return;
	if (s->db && !sqlite3_get_autocommit(s->db) && !run(s, COMMIT))
		failed(s);
	drop(s);
	free(s);
}
