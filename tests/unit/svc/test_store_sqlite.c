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

static char folder[64], path[128];

static void
enter(void)
{
	memcpy(folder, "/tmp/postern-store-XXXXXX", 26);
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/state.db", folder);
}

/* How many files there are whose name begins with path and suffix; removes them if asked to. */
static size_t
files(const char *suffix, bool also_remove)
{
	char pattern[200];
	glob_t g = {0};
	size_t n;

	snprintf(pattern, sizeof(pattern), "%s%s*", path, suffix);
	n = glob(pattern, 0, NULL, &g) == 0 ? g.gl_pathc : 0;
	for (size_t i = 0; also_remove && i < n; i++)
		unlink(g.gl_pathv[i]);
	globfree(&g);
	return n;
}

static void
leave(void)
{
	files("", true);
	rmdir(folder);
}

static struct store_request
request(enum store_op op, const char *key, const char *value)
{
	return (struct store_request){.op = op, .type = STORE_GREYLIST, .version = 1, .now = 100,
		.expires = 200, .key = view_str(key), .value = view_str(value)};
}

static enum store_status
doing(struct store_sqlite *s, enum store_op op, const char *key, const char *value)
{
	struct store_request r = request(op, key, value);
	struct view v;

	return store_sqlite_do(s, &r, &v);
}

static void
persists(void)
{
	struct store_sqlite *s;
	struct stat st;

	enter();
	s = store_sqlite_new(path);
	CU_ASSERT_EQUAL(doing(s, STORE_PUT, "a", "1"), STORE_FOUND);
	store_sqlite_free(s);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	s = store_sqlite_new(path);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "a", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "b", ""), STORE_NONE);
	store_sqlite_free(s);
	leave();
}

/* A file that is none of ours is set aside and replaced by an empty store. */
static void
replaced(void)
{
	struct store_sqlite *s = store_sqlite_new(path);

	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_NONE);
	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_FOUND);
	store_sqlite_free(s);
	CU_ASSERT_EQUAL(files(".broken-", false), 1);
}

static void
garbage(void)
{
	FILE *f;

	enter();
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (int i = 0; i < 1000; i++)
		fputs("not a database ", f);
	fclose(f);
	replaced();
	leave();
}

static void
foreign(void)
{
	static const char *const layouts[] = {"PRAGMA user_version = 99; CREATE TABLE x (y)",
		"CREATE TABLE record (something INTEGER, else_ TEXT)"};

	for (size_t i = 0; i < 2; i++) {
		sqlite3 *db;

		enter();
		CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
		CU_ASSERT_EQUAL(sqlite3_exec(db, layouts[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		replaced();
		leave();
	}
}

static void
folder_in_its_place(void)
{
	struct store_sqlite *s;
	char aside[200];
	glob_t g = {0};

	enter();
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
	s = store_sqlite_new(path);
	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_NONE);
	store_sqlite_free(s);
	snprintf(aside, sizeof(aside), "%s.broken-*", path);
	CU_ASSERT_EQUAL(glob(aside, 0, NULL, &g), 0);
	CU_ASSERT_EQUAL(g.gl_pathc ? rmdir(g.gl_pathv[0]) : -1, 0);
	globfree(&g);
	leave();
}

/* Damage that is found only when the page is read. */
static void
corrupt(void)
{
	static const char noise[4096] = {0x55, 0x55};
	struct store_sqlite *s;
	enum store_status worst = STORE_FOUND;
	struct stat st;
	int fd;

	enter();
	s = store_sqlite_new(path);
	for (int i = 0; i < 2000; i++) {
		char key[32];

		snprintf(key, sizeof(key), "key-%d", i);
		doing(s, STORE_PUT, key, "a value of some length, to fill pages with it");
	}
	store_sqlite_free(s);
	fd = open(path, O_RDWR);
	CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 10 * 4096);
	for (off_t at = 3 * 4096; at < st.st_size; at += 4096)
		CU_ASSERT_EQUAL(pwrite(fd, noise, sizeof(noise), at), sizeof(noise));
	close(fd);
	s = store_sqlite_new(path);
	for (int i = 0; i < 2000; i++) {
		char key[32];
		enum store_status got;

		snprintf(key, sizeof(key), "key-%d", i);
		got = doing(s, STORE_GET, key, "");
		CU_ASSERT_NOT_EQUAL(got, STORE_NONE);
		worst = got == STORE_TEMPFAIL ? got : worst;
	}
	CU_ASSERT_EQUAL(worst, STORE_TEMPFAIL);
	CU_ASSERT(files(".broken-", false) >= 1);
	store_sqlite_free(s);
	s = store_sqlite_new(path); /* as after a restart */
	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), STORE_NONE);
	store_sqlite_free(s);
	leave();
}

/* Another process's store is left alone. */
static void
locked(void)
{
	struct store_sqlite *first, *second;

	enter();
	first = store_sqlite_new(path);
	CU_ASSERT_EQUAL(doing(first, STORE_PUT, "a", "1"), STORE_FOUND);
	second = store_sqlite_new(path);
	CU_ASSERT_EQUAL(doing(second, STORE_GET, "a", ""), STORE_TEMPFAIL);
	CU_ASSERT_EQUAL(doing(second, STORE_ADD, "a", "2"), STORE_TEMPFAIL);
	CU_ASSERT_EQUAL(files(".broken-", false), 0);
	CU_ASSERT_EQUAL(doing(first, STORE_GET, "a", ""), STORE_FOUND);
	store_sqlite_free(second);
	store_sqlite_free(first);
	leave();
}

static void
nowhere(void)
{
	struct store_sqlite *s = store_sqlite_new("/nonexistent/state.db");

	CU_ASSERT_EQUAL(doing(s, STORE_GET, "a", ""), STORE_TEMPFAIL);
	CU_ASSERT_EQUAL(store_sqlite_due(s), -1);
	store_sqlite_tick(s, 1000);
	store_sqlite_free(s);
}

/* Expired records go with a commit: then they are not found whatever the time. */
static void
expiry(void)
{
	struct store_sqlite *s = store_sqlite_new(":memory:");
	struct store_request old = request(STORE_PUT, "old", "1"), young = request(STORE_PUT, "young", "1");
	struct view v;

	old.expires = 100;
	young.expires = 101;
	CU_ASSERT_EQUAL(store_sqlite_due(s), -1);
	store_sqlite_do(s, &old, &v);
	CU_ASSERT(store_sqlite_due(s) > 0);
	store_sqlite_tick(s, 100); /* not due yet */
	old.op = young.op = STORE_GET;
	old.now = young.now = 0;
	CU_ASSERT_EQUAL(store_sqlite_do(s, &old, &v), STORE_FOUND);
	young.op = STORE_PUT;
	for (int i = 0; i < STORE_BATCH; i++)
		store_sqlite_do(s, &young, &v);
	CU_ASSERT_EQUAL(store_sqlite_due(s), 0);
	store_sqlite_tick(s, 100);
	CU_ASSERT_EQUAL(store_sqlite_due(s), -1);
	young.op = STORE_GET;
	CU_ASSERT_EQUAL(store_sqlite_do(s, &old, &v), STORE_NONE);
	CU_ASSERT_EQUAL(store_sqlite_do(s, &young, &v), STORE_FOUND);
	store_sqlite_free(s);
}

static const struct unit_test tests[] = {
	{"records outlive the process", persists},
	{"garbage is set aside", garbage},
	{"so is a database of another layout", foreign},
	{"so is a folder", folder_in_its_place},
	{"damage inside is unknown, then set aside", corrupt},
	{"a locked file is left alone", locked},
	{"no file: every call fails", nowhere},
	{"expired records go with a commit", expiry},
};

int
main(void)
{
	return unit_main("svc/store_sqlite", tests, sizeof(tests) / sizeof(*tests));
}
