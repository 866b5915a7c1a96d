/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

enum { FROZEN_MAX = 3 * 1024, ASIDE_MS = 60000, ASIDE_KEPT = 3, APPLICATION = 0x506f7374, LAYOUT = 2 };

/* The version is part of the key: a record of a version that this build does not know is neither found nor
 * overwritten. Layout 1 had an index by expiry, a fifth of the file: store_table_clear does without. */
static const char *const layout =
	"CREATE TABLE IF NOT EXISTS record (type INTEGER NOT NULL, version INTEGER NOT NULL,"
	" key BLOB NOT NULL, value BLOB NOT NULL, expires INTEGER NOT NULL,"
	" PRIMARY KEY (type, version, key)) WITHOUT ROWID;"
	"DROP INDEX IF EXISTS record_expires";

void
store_file_close(struct store_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		sqlite3_finalize(f->query[i]);
		f->query[i] = NULL;
	}
	sqlite3_close(f->db);
	f->db = NULL;
	f->frozen = false;
}

static bool
in_memory(const struct store_file *f)
{
	return strcmp(f->path, ":memory:") == 0;
}

/* SQLite would make the file readable for all. */
static int
make_file(struct store_file *f)
{
	struct stat st;
	int fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int rc = SQLITE_OK;

	f->error = fd < 0 ? errno : 0;
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

static int
sign(sqlite3 *db)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION,
		LAYOUT);
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* An empty file becomes ours; another program's, or of a later layout, is none of ours. */
static int
check_layout(sqlite3 *db)
{
	int application = 0, version = 0, rc = pragma(db, "application_id", &application);

	if (rc == SQLITE_OK)
		rc = pragma(db, "user_version", &version);
	if (rc != SQLITE_OK)
		return rc;
	if ((application || version) && (application != APPLICATION || version < 1 || version > LAYOUT))
		return SQLITE_NOTADB;
	return version == LAYOUT ? SQLITE_OK : sign(db);
}

static int
prepare(struct store_file *f)
{
	char limit[96];
	int rc = sqlite3_exec(f->db,
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		"PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF",
		NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = check_layout(f->db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(f->db, layout, NULL, NULL, NULL);
	snprintf(limit, sizeof(limit), "PRAGMA max_page_count = %d; PRAGMA cache_size = -%d", f->pages,
		STORE_CACHE_KB);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(f->db, limit, NULL, NULL, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < f->n; i++)
		rc = sqlite3_prepare_v3(f->db, f->sql[i], -1, SQLITE_PREPARE_PERSISTENT, &f->query[i], NULL);
	return rc;
}

static int
connect_to(struct store_file *f, const char *name, int flags, const char *vfs)
{
	int rc = sqlite3_open_v2(name, &f->db, flags | SQLITE_OPEN_NOMUTEX, vfs);

	f->size = 0;
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_READWRITE) && sqlite3_db_readonly(f->db, "main") == 1)
		rc = SQLITE_READONLY;
	if (rc == SQLITE_OK)
		rc = prepare(f);
	if (rc != SQLITE_OK)
		store_file_close(f);
	return rc;
}

static int
try_open(struct store_file *f)
{
	int rc = in_memory(f) ? SQLITE_OK : make_file(f);

	if (rc == SQLITE_OK)
		rc = connect_to(f, f->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	return rc;
}

/* sqlite.org/uri.html: a file that nobody changes. */
static void
as_immutable(const char *path, char out[static FROZEN_MAX])
{
	size_t n = (size_t)snprintf(out, FROZEN_MAX, "file:");

	for (; *path && n + 20 < FROZEN_MAX; path++) {
		bool plain = isalnum((unsigned char)*path) || *path == '/';

		n += (size_t)snprintf(out + n, FROZEN_MAX - n, plain ? "%c" : "%%%02x",
			(unsigned char)*path);
	}
	snprintf(out + n, FROZEN_MAX - n, "?immutable=1");
}

/* Of a file system that is read-only: it cannot be locked, nor need it be. Who ended in peace left no -wal,
 * which could not be made now. */
static int
open_frozen(struct store_file *f)
{
	char name[FROZEN_MAX];
	int rc;

	snprintf(name, sizeof(name), "%s-wal", f->path);
	if (access(name, F_OK) == 0) {
		rc = connect_to(f, f->path, SQLITE_OPEN_READONLY, "unix-none");
	} else {
		as_immutable(f->path, name);
		rc = connect_to(f, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	}
	f->frozen = rc == SQLITE_OK;
	return SQLITE_READONLY;
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

enum { PARTS = 3 };
static const char *const parts[PARTS] = {"", "-wal", "-shm"};

/* A bad disk must not fill with our remains: those of long ago go. */
static void
clear_aside(const struct store_file *f)
{
	char name[1200];
	glob_t g = {0};

	snprintf(name, sizeof(name), "%s.broken-*[0-9]", f->path);
	if (glob(name, 0, NULL, &g) == 0)
		for (size_t i = 0; i + ASIDE_KEPT < g.gl_pathc; i++)
			for (size_t k = 0; k < PARTS; k++) {
				snprintf(name, sizeof(name), "%s%s", g.gl_pathv[i], parts[k]);
				unlink(name);
			}
	globfree(&g);
}

/* Renames the file and what belongs to it. False if that cannot be done. */
static bool
set_aside(struct store_file *f, int rc)
{
	long long now = (long long)clock_wall();
	char from[1024], to[1100];

	for (size_t i = 0; i < PARTS; i++) {
		snprintf(from, sizeof(from), "%s%s", f->path, parts[i]);
		snprintf(to, sizeof(to), "%s.broken-%lld%s", f->path, now, parts[i]);
		if (rename(from, to) != 0 && (i == 0 || errno != ENOENT))
			return false;
	}
	f->aside_at = clock_mono_ms();
	clear_aside(f);
	log_warn("store-broken", "file=%s why=\"%s\" set aside as %s.broken-%lld, starting empty", f->path,
		sqlite3_errstr(rc), f->path, now);
	return true;
}

static bool
set_aside_lately(const struct store_file *f)
{
	return f->aside_at && clock_mono_ms() - f->aside_at < ASIDE_MS;
}

int
store_file_open(struct store_file *f)
{
	int rc = try_open(f);

	if (broken(rc) && !in_memory(f) && !set_aside_lately(f) && set_aside(f, rc))
		rc = try_open(f);
	return f->error == EROFS ? open_frozen(f) : rc;
}

bool
store_file_thawed(const struct store_file *f)
{
	return f->frozen && access(f->path, W_OK) == 0;
}

int
store_file_touch(struct store_file *f)
{
	return sign(f->db);
}

/* Not there any more, or out of reach: that is no reason to give it up. */
static int
moved_away(struct store_file *f)
{
	struct stat st;

	if (stat(f->path, &st) == 0 || errno == ENOENT)
		return SQLITE_NOTFOUND;
	f->error = errno;
	return SQLITE_CANTOPEN;
}

int
store_file_check(struct store_file *f)
{
	static const char magic[] = "SQLite format 3"; /* sqlite.org/fileformat.html 1.3, with its NUL */
	char begin[sizeof(magic)];
	sqlite3_file *io = NULL;
	sqlite3_int64 size = 0;
	int moved = 0;

	if (in_memory(f))
		return SQLITE_OK;
	if (f->frozen)
		return SQLITE_READONLY;
	f->error = 0;
	sqlite3_file_control(f->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	sqlite3_file_control(f->db, "main", SQLITE_FCNTL_FILE_POINTER, &io);
	if (moved)
		return moved_away(f);
	if (io->pMethods->xFileSize(io, &size) != SQLITE_OK)
		return SQLITE_IOERR;
	if (size < f->size)
		return SQLITE_CORRUPT; /* we never make it shorter */
	f->size = size;
	if (io->pMethods->xRead(io, begin, sizeof(begin), 0) != SQLITE_OK)
		return SQLITE_IOERR;
	return memcmp(begin, magic, sizeof(magic)) == 0 ? SQLITE_OK : SQLITE_NOTADB;
}

int
store_file_replace(struct store_file *f, int rc)
{
	if (rc == SQLITE_NOTFOUND) {
		store_file_close(f);
		log_warn("store-gone", "file=%s was removed or replaced: what is there now is used", f->path);
		return store_file_open(f);
	}
	if (rc != SQLITE_CORRUPT && rc != SQLITE_NOTADB)
		return rc;
	store_file_close(f);
	if (in_memory(f) || set_aside_lately(f) || !set_aside(f, rc))
		return rc;
	return try_open(f);
}

const char *
store_file_why(const struct store_file *f, int rc)
{
	return f->error ? strerror(f->error) : sqlite3_errstr(rc);
}
