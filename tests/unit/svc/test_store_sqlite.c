/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/store_sqlite.h"

#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "tests/unit/svc/store_folder.c"

static void
persists(void)
{
	struct store_sqlite *s;
	struct stat st;

	folder_enter();
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_PUT, "a", "1"), STORE_FOUND);
	store_sqlite_free(s);
	CU_ASSERT_EQUAL(stat(folder_path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "a", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "b", ""), STORE_NONE);
	store_sqlite_free(s);
	folder_leave();
}

/* A file that is none of ours is set aside and replaced by an empty store. */
static void
replaced(void)
{
	struct store_sqlite *s = store_sqlite_new(folder_path);

	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_NONE);
	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_FOUND);
	store_sqlite_free(s);
	CU_ASSERT_EQUAL(folder_files(".broken-", false), 1);
}

static void
garbage(void)
{
	FILE *f;

	folder_enter();
	f = fopen(folder_path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (int i = 0; i < 1000; i++)
		fputs("not a database ", f);
	fclose(f);
	replaced();
	folder_leave();
}

static void
foreign(void)
{
	static const char *const layouts[] = {"PRAGMA user_version = 99; CREATE TABLE x (y)",
		"CREATE TABLE record (something INTEGER, else_ TEXT)",
		"PRAGMA application_id = 1349481332; PRAGMA user_version = 99", /* of a later Postern */
		"PRAGMA application_id = 7; PRAGMA user_version = 2"};

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		sqlite3 *db;

		folder_enter();
		CU_ASSERT_EQUAL_FATAL(sqlite3_open(folder_path, &db), SQLITE_OK);
		CU_ASSERT_EQUAL(sqlite3_exec(db, layouts[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		replaced();
		folder_leave();
	}
}

/* Nobody gets us to write elsewhere; what belongs to the file goes with it. */
static void
link_in_its_place(void)
{
	struct store_sqlite *s;
	struct stat st;
	char target[200], journal[200];

	folder_enter();
	snprintf(target, sizeof(target), "%s-target", folder_path);
	snprintf(journal, sizeof(journal), "%s-wal", folder_path);
	close(open(target, O_WRONLY | O_CREAT, 0600));
	close(open(journal, O_WRONLY | O_CREAT, 0600));
	CU_ASSERT_EQUAL_FATAL(symlink(target, folder_path), 0);
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_PUT, "a", "1"), STORE_FOUND);
	store_sqlite_free(s);
	CU_ASSERT(stat(target, &st) == 0 && st.st_size == 0);
	CU_ASSERT(lstat(folder_path, &st) == 0 && S_ISREG(st.st_mode));
	CU_ASSERT_EQUAL(folder_files(".broken-*-wal", false), 1);
	folder_leave();
}

static void
folder_in_its_place(void)
{
	struct store_sqlite *s;
	char aside[200];
	glob_t g = {0};

	folder_enter();
	CU_ASSERT_EQUAL_FATAL(mkdir(folder_path, 0700), 0);
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_NONE);
	store_sqlite_free(s);
	snprintf(aside, sizeof(aside), "%s.broken-*", folder_path);
	CU_ASSERT_EQUAL(glob(aside, 0, NULL, &g), 0);
	CU_ASSERT_EQUAL(g.gl_pathc ? rmdir(g.gl_pathv[0]) : -1, 0);
	globfree(&g);
	folder_leave();
}

static void
touch(const char *text)
{
	static const char noise[1024] = "no database";
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s%s", folder_path, text);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_FATAL(fd >= 0 && write(fd, noise, sizeof(noise)) == sizeof(noise));
	close(fd);
}

/* Of what was set aside the newest three are kept. */
static void
kept(void)
{
	static const char *const before[] = {"", ".broken-1000000001", ".broken-1000000001-wal", ".broken-1000000002",
		".broken-1000000003", ".broken-1000000004", ".broken-1000000004-wal"};

	folder_enter();
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		touch(before[i]);
	store_sqlite_free(store_sqlite_new(folder_path));
	CU_ASSERT_EQUAL(folder_files(".broken-", false), 4);
	CU_ASSERT_EQUAL(folder_files(".broken-1000000004-wal", false), 1);
	CU_ASSERT_EQUAL(folder_files(".broken-100000000[12]", false), 0);
	CU_ASSERT_EQUAL(folder_files(".broken-1000000001-wal", false), 0);
	folder_leave();
}

/* Damage that is found only when the page is read. */
static void
corrupt(void)
{
	static const char noise[4096] = {0x55, 0x55};
	struct store_sqlite *s;
	struct stat st;
	unsigned lost = 0, failed = 0;
	int fd;

	folder_enter();
	s = store_sqlite_new(folder_path);
	for (int i = 0; i < 2000; i++)
		doing(s, STORE_PUT, numbered(i), "a value of some length, to fill pages with it");
	store_sqlite_free(s);
	fd = open(folder_path, O_RDWR);
	CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 10 * 4096);
	for (off_t at = 3 * 4096; at < st.st_size; at += 4096)
		CU_ASSERT_EQUAL(pwrite(fd, noise, sizeof(noise), at), sizeof(noise));
	close(fd);
	s = store_sqlite_new(folder_path);
	for (int i = 0; i < 2000; i++) {
		enum store_status got = doing(s, STORE_GET, numbered(i), "");

		lost += got == STORE_NONE;
		failed += got == STORE_TEMPFAIL;
	}
	CU_ASSERT(lost > 0 && failed == 0); /* what met with the damage is asked of the new file */
	CU_ASSERT_EQUAL(folder_files(".broken-", false), 1);
	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_NONE);
	store_sqlite_free(s);
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "a", ""), STORE_FOUND);
	store_sqlite_free(s);
	folder_leave();
}

/* A file of the layout before is kept, without its index. */
static void
layout_before(void)
{
	struct store_sqlite *s;
	sqlite3 *db;

	folder_enter();
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(folder_path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db, "PRAGMA application_id = 1349481332; PRAGMA user_version = 1;"
		"CREATE TABLE record (type INTEGER NOT NULL, version INTEGER NOT NULL, key BLOB NOT NULL,"
		" value BLOB NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (type, version, key)) WITHOUT ROWID;"
		"CREATE INDEX record_expires ON record (expires);"
		"INSERT INTO record VALUES (1, 1, CAST('a' AS BLOB), CAST('1' AS BLOB), 200)", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "a", ""), STORE_FOUND);
	store_sqlite_free(s);
	CU_ASSERT_EQUAL(folder_files(".broken-", false), 0);
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(folder_path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db, "SELECT 1 FROM record INDEXED BY record_expires", NULL, NULL, NULL),
		SQLITE_ERROR);
	sqlite3_close(db);
	folder_leave();
}

/* ---- time ---- */

/* The walk goes on with the writes, and removes what has expired: then it is not found whatever the time. */
static void
expiry(void)
{
	enum { MANY = 1000 };
	struct store_sqlite *s = store_sqlite_new(":memory:");
	struct store_sqlite_state state;
	struct view v;
	unsigned found = 0;

	settle(s);
	for (int i = 0; i < MANY; i++) {
		struct store_request r = request(STORE_PUT, numbered(i), "1");

		r.expires = i % 2 ? 101 : 100;
		store_sqlite_do(s, &r, &v);
	}
	CU_ASSERT_EQUAL(store_sqlite_due(s), 0);
	settle(s);
	CU_ASSERT_EQUAL(store_sqlite_due(s), -1);
	for (int i = 0; i < MANY; i++) {
		struct store_request r = request(STORE_GET, numbered(i), "");

		r.now = 0;
		found += store_sqlite_do(s, &r, &v) == STORE_FOUND;
	}
	CU_ASSERT_EQUAL(found, MANY / 2);
	store_sqlite_describe(s, &state);
	CU_ASSERT_EQUAL(state.records, MANY / 2 + 1);
	CU_ASSERT(state.bytes > 0 && !state.in_memory && state.failures == 0);
	store_sqlite_free(s);
}

/* A batch that is full is committed at once; before, it waits. */
static void
batch(void)
{
	struct store_sqlite *s = store_sqlite_new(":memory:");

	settle(s);
	CU_ASSERT_EQUAL(store_sqlite_due(s), -1);
	doing(s, STORE_PUT, "a", "1");
	CU_ASSERT(store_sqlite_due(s) > 0);
	for (int i = 1; i < STORE_BATCH; i++)
		doing(s, STORE_PUT, "a", "1");
	for (int i = 0; store_sqlite_due(s) == 0 && i < STORE_BATCH; i++)
		store_sqlite_tick(s, 100);
	CU_ASSERT_EQUAL(store_sqlite_due(s), -1);
	store_sqlite_free(s);
}

static const struct unit_test tests[] = {
	{"records outlive the process", persists},
	{"garbage is set aside", garbage},
	{"so is a database of another layout", foreign},
	{"a link is not followed", link_in_its_place},
	{"a folder is set aside too", folder_in_its_place},
	{"so is a file that turns out to be damaged", corrupt},
	{"three that were set aside are kept", kept},
	{"a file of layout 1", layout_before},
	{"expired records go", expiry},
	{"a full batch", batch},
};

int
main(void)
{
	return unit_main("svc/store_sqlite", tests, sizeof(tests) / sizeof(*tests));
}
