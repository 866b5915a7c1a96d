/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/dmarc/dmarc_sent.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/postern-dmarc-sent.XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
days(void)
{
	static const char *const bad[] = {"", "2026-1-01", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
		"2026/01/01", "2026-01-01x", "-026-01-01", "1969-12-31"};
	char text[DMARC_SENT_DAY];
	int64_t day;

	CU_ASSERT(dmarc_sent_day_parse("2024-02-29", &day));
	CU_ASSERT_EQUAL(day, 1709164800);
	dmarc_sent_day(day + 86399, text);
	CU_ASSERT_STRING_EQUAL(text, "2024-02-29");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		UNIT_CASE(!dmarc_sent_day_parse(bad[i], &day), bad[i]);
}

/* A run by root, to try it, must not stand in the way of the timer's. */
static void
owner(void)
{
	struct dmarc_sent *s;
	struct stat st;

	if (geteuid() != 0)
		return;
	CU_ASSERT_EQUAL(chown(folder, 65534, 65534), 0);
	s = dmarc_sent_open(folder, 86400);
	CU_ASSERT_FATAL(s != NULL);
	CU_ASSERT_EQUAL(stat(in_folder("1970-01-02.sent"), &st), 0);
	CU_ASSERT(st.st_uid == 65534 && st.st_gid == 65534 && (st.st_mode & 0777) == 0640);
	dmarc_sent_close(s);
	unlink(in_folder("1970-01-02.sent"));
	CU_ASSERT_EQUAL(chown(folder, 0, 0), 0);
}

static void
remembers(void)
{
	struct dmarc_sent *s = dmarc_sent_open(folder, 0), *other;
	FILE *f;

	CU_ASSERT_FATAL(s != NULL);
	CU_ASSERT(!dmarc_sent_has(s, VIEW("a.example"), VIEW("x@a.example")));
	CU_ASSERT_EQUAL(dmarc_sent_add(s, VIEW("a.example"), VIEW("x@a.example")), 0);
	CU_ASSERT(dmarc_sent_has(s, VIEW("a.example"), VIEW("x@a.example")));
	other = dmarc_sent_open(folder, 0);
	CU_ASSERT(other == NULL && errno == EWOULDBLOCK); /* one run at a time */
	dmarc_sent_close(other);
	dmarc_sent_close(s);
	f = fopen(in_folder("1970-01-01.sent"), "a");
	fputs("b.example x@b.exam", f); /* a crash in the middle of a line */
	fclose(f);
	s = dmarc_sent_open(folder, 0);
	CU_ASSERT_FATAL(s != NULL);
	CU_ASSERT(dmarc_sent_has(s, VIEW("a.example"), VIEW("x@a.example")));
	CU_ASSERT(!dmarc_sent_has(s, VIEW("b.example"), VIEW("x@b.exam")) && !dmarc_sent_is_done(s));
	CU_ASSERT_EQUAL(dmarc_sent_done(s), 0);
	dmarc_sent_close(s);
	s = dmarc_sent_open(folder, 0);
	CU_ASSERT_FATAL(s != NULL);
	CU_ASSERT(dmarc_sent_is_done(s));
	dmarc_sent_close(s);
}

static void
cleans(void)
{
	static const char *const names[] = {"2026-01-01.jsonl", "2026-01-01.sent", "2026-01-01.txt",
		"2026-01-02.jsonl", "x2026-01-01.jsonl", "2026-02-31.sent"};
	static const bool gone[] = {true, true, false, false, false, false};
	int64_t day;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		fclose(fopen(in_folder(names[i]), "w"));
	unlink(in_folder("1970-01-01.sent"));
	CU_ASSERT(dmarc_sent_day_parse("2026-02-01", &day)); /* 30 days after 2 January */
	CU_ASSERT_EQUAL(dmarc_sent_clean(folder, day), 2);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		UNIT_CASE((access(in_folder(names[i]), F_OK) != 0) == gone[i], names[i]);
		unlink(in_folder(names[i]));
	}
}

static const struct unit_test tests[] = {
	{"days are read and written", days},
	{"what was sent is remembered", remembers},
	{"a file that root makes is the folder owner's", owner},
	{"old days are removed, and nothing else", cleans},
};

int
main(void)
{
	int status;

	if (!mkdtemp(folder))
		return 1;
	status = unit_main("cmd/dmarc/dmarc_sent", tests, sizeof(tests) / sizeof(*tests));
	rmdir(folder);
	return status;
}
