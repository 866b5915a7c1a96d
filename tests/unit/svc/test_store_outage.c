/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A file that cannot be opened or written, or that others cut, overwrite or remove while it is open: one warning,
 * and all goes on.
 */
#include "svc/store/store_sqlite.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "svc/store_page.h"
#include "tests/lib/log_capture.h"
#include "tests/lib/unit.h"
#include "tests/unit/svc/store_folder.c"
#include "util/clock.h"

/* ---- files that cannot be had, and come back ---- */

/* Another process's file is left alone: memory carries on, and the file takes it over when it is free. */
static void
locked(void)
{
	struct store_sqlite *first, *second;

	folder_enter();
	first = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(first, STORE_PUT, "a", "1"), STORE_FOUND);
	second = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(second, STORE_GET, "a", ""), STORE_NONE);
	CU_ASSERT_EQUAL(doing(second, STORE_ADD, "b", "2"), STORE_NONE);
	CU_ASSERT_EQUAL(doing(second, STORE_ADD, "b", "2"), STORE_FOUND);
	CU_ASSERT_EQUAL(folder_files(".broken-", false), 0);
	CU_ASSERT_EQUAL(doing(first, STORE_GET, "a", ""), STORE_FOUND);
	store_sqlite_free(first);
	settle_until(second, false);
	CU_ASSERT_EQUAL(doing(second, STORE_GET, "a", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(second, STORE_GET, "b", ""), STORE_FOUND);
	store_sqlite_free(second);
	folder_leave();
}

static void
nowhere(void)
{
	struct store_sqlite *s = store_sqlite_new("/nonexistent/state.db");
	struct store_sqlite_state state;

	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(doing(s, STORE_ADD, "a", "1"), i ? STORE_FOUND : STORE_NONE);
		store_sqlite_tick(s, 1000);
	}
	store_sqlite_describe(s, &state);
	CU_ASSERT(state.in_memory && state.failures == 1 && state.waiting > 0 && state.bytes == 0);
	store_sqlite_free(s);
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = bytes == RLIM_INFINITY ? l.rlim_max : bytes;
	if (setrlimit(RLIMIT_FSIZE, &l) != 0)
		abort();
}

static size_t
times(struct view text, const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += view_eq_str(view_head(view_skip(text, i), strlen(what)), what);
	return n;
}

/* Writing fails from some point on: what was committed is known as before, what is learned meanwhile too, and the
 * file gets it. That a record was removed holds as well. */
static void
no_room(void)
{
	struct store_sqlite *s;
	struct view log;

	folder_enter();
	signal(SIGXFSZ, SIG_IGN);
	s = store_sqlite_new(folder_path);
	doing(s, STORE_PUT, "kept", "1");
	doing(s, STORE_PUT, "changed", "1");
	doing(s, STORE_PUT, "removed", "1");
	settle(s);
	log_capture_begin();
	limit_files(1);
	doing(s, STORE_PUT, "lost", "1");
	settle_until(s, true);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "lost", ""), STORE_NONE);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "kept", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_PUT, "changed", "2"), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_REMOVE, "removed", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_REMOVE, "removed", ""), STORE_NONE);
	CU_ASSERT_EQUAL(doing(s, STORE_ADD, "new", "1"), STORE_NONE);
	for (int64_t end = clock_mono_ms() + 1200; clock_mono_ms() < end; usleep(1000))
		store_sqlite_tick(s, 100); /* the file is tried again, in vain */
	limit_files(RLIM_INFINITY);
	settle_until(s, false);
	log = log_capture_end();
	CU_ASSERT_EQUAL(times(log, "warning:"), 1);
	CU_ASSERT_EQUAL(times(log, "event=store-in-memory"), 1);
	CU_ASSERT_EQUAL(times(log, "event=store-in-file"), 1);
	store_sqlite_free(s);
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "kept", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "new", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "removed", ""), STORE_NONE);
	value_is(s, "changed", "2");
	store_sqlite_free(s);
	folder_leave();
}

/* Away, one record in memory, and back: what the file says that it took over. */
static void
outage_of(struct store_sqlite *s, const char *value, const char *moved)
{
	struct view log;

	log_capture_begin();
	limit_files(1);
	doing(s, STORE_PUT, "lost", value);
	settle_until(s, true);
	doing(s, STORE_PUT, "a", value);
	value_is(s, "a", value);
	limit_files(RLIM_INFINITY);
	settle_until(s, false);
	log = log_capture_end();
	UNIT_CASE(times(log, moved) == 1, value);
}

/* What memory had in one outage is none of the next one's business, nor of the time between. */
static void
once_more(void)
{
	struct store_sqlite *s;
	struct store_request r = request(STORE_SCAN, "a", "");
	struct store_page_record record;
	struct view page, cursor;

	folder_enter();
	signal(SIGXFSZ, SIG_IGN);
	s = store_sqlite_new(folder_path);
	settle(s);
	outage_of(s, "1", "taken over from memory: 1\n");
	doing(s, STORE_PUT, "a", "2");
	CU_ASSERT_EQUAL(store_sqlite_do(s, &r, &page), STORE_FOUND);
	CU_ASSERT(store_page_cursor(&page, &cursor) && store_page_next(&page, &record));
	UNIT_VIEW(record.value, "2");
	settle(s);
	outage_of(s, "3", "taken over from memory: 1\n");
	value_is(s, "a", "3");
	store_sqlite_free(s);
	folder_leave();
}

/* A list shows what the file and memory have, each record once, memory's word first. */
static void
lists_both(void)
{
	struct store_request r = request(STORE_SCAN, "key-", "");
	struct store_page_record record;
	struct store_sqlite *s;
	struct view page, cursor;
	unsigned seen = 0, n = 0;

	folder_enter();
	signal(SIGXFSZ, SIG_IGN);
	s = store_sqlite_new(folder_path);
	for (int i = 0; i < 4; i++)
		doing(s, STORE_PUT, numbered(i), "file");
	settle(s);
	limit_files(1);
	doing(s, STORE_PUT, "key-9", "lost");
	settle_until(s, true);
	doing(s, STORE_PUT, numbered(1), "memory");
	doing(s, STORE_REMOVE, numbered(2), "");
	doing(s, STORE_PUT, numbered(4), "memory");
	CU_ASSERT_EQUAL(store_sqlite_do(s, &r, &page), STORE_FOUND);
	CU_ASSERT(store_page_cursor(&page, &cursor) && cursor.n == 0);
	for (; store_page_next(&page, &record); n++) {
		int i = record.key.p[4] - '0';

		seen |= 1U << i;
		UNIT_VIEW(record.value, i == 1 || i == 4 ? "memory" : "file");
	}
	CU_ASSERT(n == 4 && seen == 0x1b);
	limit_files(RLIM_INFINITY);
	store_sqlite_free(s); /* which hands over what memory has */
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "key-4", ""), STORE_FOUND);
	store_sqlite_free(s);
	folder_leave();
}

/* ---- what others do to an open file ---- */

static void
cut_short(const char *file)
{
	CU_ASSERT_EQUAL(truncate(file, 5000), 0);
}

static void
scribble(const char *file)
{
	int fd = open(file, O_WRONLY);

	for (int i = 0; i < 3000; i++)
		CU_ASSERT_EQUAL(write(fd, "no database ", 12), 12);
	close(fd);
}

static void
take_away(const char *file)
{
	unlink(file);
}

/* Each is noticed with the next commit: one warning, an empty file, and all works. */
static void
meddled(void)
{
	static const struct {
		const char *name;
		void (*meddle)(const char *file);
		size_t aside;
		const char *event;
	} rows[] = {
		{"cut short", cut_short, 1, "event=store-broken"},
		{"overwritten", scribble, 1, "event=store-broken"},
		{"removed", take_away, 0, "event=store-gone"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct store_sqlite *s;
		struct view log;

		folder_enter();
		s = store_sqlite_new(folder_path);
		for (int j = 0; j < 1000; j++)
			doing(s, STORE_PUT, numbered(j), "a value of some length, to fill pages with it");
		store_sqlite_free(s);
		s = store_sqlite_new(folder_path);
		doing(s, STORE_PUT, "before", "1");
		settle(s);
		log_capture_begin();
		rows[i].meddle(folder_path);
		doing(s, STORE_PUT, "last", "1");
		settle(s);
		CU_ASSERT_EQUAL(doing(s, STORE_ADD, "after", "1"), STORE_NONE);
		log = log_capture_end();
		UNIT_CASE(times(log, "warning:") == 1 && times(log, rows[i].event) == 1, rows[i].name);
		UNIT_CASE(folder_files(".broken-", false) == rows[i].aside, rows[i].name);
		store_sqlite_free(s);
		s = store_sqlite_new(folder_path);
		UNIT_CASE(doing(s, STORE_GET, "after", "") == STORE_FOUND, rows[i].name);
		UNIT_CASE(doing(s, STORE_GET, "before", "") == STORE_NONE, rows[i].name);
		store_sqlite_free(s);
		folder_leave();
	}
}

/* A folder that is closed while its file is open: as any file that cannot be written, and taken up again. */
static void
out_of_reach(void)
{
	struct store_sqlite *s;
	uid_t user = geteuid();
	struct view log;

	folder_enter();
	if (user == 0 && (chown(folder, 65534, 65534) != 0 || seteuid(65534) != 0)) /* root reaches everything */
		abort();
	s = store_sqlite_new(folder_path);
	doing(s, STORE_PUT, "before", "1");
	settle(s);
	log_capture_begin();
	CU_ASSERT_EQUAL(chmod(folder, 0), 0);
	doing(s, STORE_PUT, "last", "1");
	settle_until(s, true);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "before", ""), STORE_FOUND);
	doing(s, STORE_PUT, "meanwhile", "1");
	CU_ASSERT_EQUAL(chmod(folder, 0700), 0);
	settle_until(s, false);
	log = log_capture_end();
	CU_ASSERT_EQUAL(times(log, "warning:"), 1);
	CU_ASSERT_EQUAL(times(log, "event=store-in-memory"), 1);
	CU_ASSERT_EQUAL(times(log, "why=\"Permission denied\""), 1);
	CU_ASSERT_EQUAL(times(log, "event=store-in-file"), 1);
	store_sqlite_free(s);
	s = store_sqlite_new(folder_path);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "before", ""), STORE_FOUND);
	CU_ASSERT_EQUAL(doing(s, STORE_GET, "meanwhile", ""), STORE_FOUND);
	store_sqlite_free(s);
	if (seteuid(user) != 0)
		abort();
	folder_leave();
}

/* A disk that spoils each file is not filled with them: memory carries on. */
static void
meddled_again(void)
{
	struct store_sqlite_state state;
	struct store_sqlite *s;

	folder_enter();
	s = store_sqlite_new(folder_path);
	for (int i = 0; i < 3; i++) {
		doing(s, STORE_PUT, "before", "1");
		settle(s);
		scribble(folder_path);
		doing(s, STORE_PUT, "a", "1");
		if (i == 0)
			settle(s);
		else
			settle_until(s, true);
		CU_ASSERT_EQUAL(doing(s, STORE_PUT, "after", "1"), STORE_FOUND);
		CU_ASSERT_EQUAL(doing(s, STORE_GET, "after", ""), STORE_FOUND);
		store_sqlite_describe(s, &state);
		CU_ASSERT_EQUAL(state.in_memory, i > 0);
		if (i > 0)
			break;
	}
	CU_ASSERT_EQUAL(folder_files(".broken-", false), 1);
	store_sqlite_free(s);
	folder_leave();
}

static const struct unit_test tests[] = {
	{"a locked file is left alone", locked},
	{"no file: memory carries on", nowhere},
	{"no room: memory carries on, and the file takes over", no_room},
	{"no room, twice", once_more},
	{"no room: lists", lists_both},
	{"meddling with an open file", meddled},
	{"and with the next one", meddled_again},
	{"a folder out of reach", out_of_reach},
};

int
main(void)
{
	return unit_main("svc/store_outage", tests, sizeof(tests) / sizeof(*tests));
}
