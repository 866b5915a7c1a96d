/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/evidence_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/limits.h"

static char folder[] = "/tmp/postern-evidence.XXXXXX";
static time_t now;
static struct evidence_file *f; /* lives as long as the process, like a worker's */

/* A program's own function stands before a library's: the time is what the test says. */
time_t
time(time_t *out)
{
	if (out)
		*out = now;
	return now;
}

static const char *
path_of(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
expect(const char *name, const char *want)
{
	struct view got = unit_read_file(path_of(name));

	UNIT_VIEW(got, want);
	free((void *)(uintptr_t)got.p);
}

/* Days are those of UTC, whatever the host's zone: that is what a report is about. */
static void
midnight(void)
{
	f = evidence_file_new_daily(folder);
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	now = 1795305599; /* 2026-11-21 23:59:59 UTC */
	evidence_file_write(f, VIEW("{\"n\":1}"));
	evidence_file_write(f, VIEW("{\"n\":2}"));
	now++;
	evidence_file_write(f, VIEW("{\"n\":3}"));
	expect("2026-11-21.jsonl", "{\"n\":1}\n{\"n\":2}\n");
	expect("2026-11-22.jsonl", "{\"n\":3}\n");
	now -= 10; /* the clock is set back: the row is of the day that it is */
	evidence_file_write(f, VIEW("{\"n\":4}"));
	now += 86400 * 40 + 20; /* a host that slept */
	evidence_file_write(f, VIEW("{\"n\":5}"));
	expect("2026-11-21.jsonl", "{\"n\":1}\n{\"n\":2}\n{\"n\":4}\n");
	expect("2026-11-22.jsonl", "{\"n\":3}\n");
	expect("2027-01-01.jsonl", "{\"n\":5}\n");
	CU_ASSERT_EQUAL(evidence_file_lost(f), 0);
}

/* What cannot be written is counted; the next day begins afresh. */
static void
lost(void)
{
	now = 1800000000; /* 2027-01-15 */
	CU_ASSERT_EQUAL_FATAL(symlink("/nonexistent/file", path_of("2027-01-15.jsonl")), 0);
	evidence_file_write(f, VIEW("{\"n\":6}"));
	CU_ASSERT_EQUAL(evidence_file_lost(f), 1);
	now += 86400;
	evidence_file_write(f, VIEW("{\"n\":7}"));
	CU_ASSERT_EQUAL(evidence_file_lost(f), 1);
	expect("2027-01-16.jsonl", "{\"n\":7}\n");
}

/* A flood of mail does not fill the disk. */
static void
full(void)
{
	struct stat st;
	int fd;

	now = 1800200000; /* 2027-01-17 */
	fd = open(path_of("2027-01-17.jsonl"), O_WRONLY | O_CREAT, 0640);
	CU_ASSERT_EQUAL_FATAL(ftruncate(fd, DMARC_DAY_FILE_MAX), 0); /* a hole: takes no room */
	close(fd);
	evidence_file_write(f, VIEW("{\"n\":8}"));
	CU_ASSERT_EQUAL(evidence_file_lost(f), 2);
	CU_ASSERT_EQUAL_FATAL(stat(path_of("2027-01-17.jsonl"), &st), 0);
	CU_ASSERT_EQUAL(st.st_size, DMARC_DAY_FILE_MAX);
	now += 86400;
	evidence_file_write(f, VIEW("{\"n\":9}"));
	expect("2027-01-18.jsonl", "{\"n\":9}\n");
}

static const struct unit_test tests[] = {
	{"a new file at midnight, UTC", midnight},
	{"a lost record is counted", lost},
	{"a day has its ceiling", full},
};

int
main(void)
{
	static const char *const files[] = {"2026-11-21.jsonl", "2026-11-22.jsonl", "2027-01-01.jsonl",
		"2027-01-15.jsonl", "2027-01-16.jsonl", "2027-01-17.jsonl", "2027-01-18.jsonl"};
	int status;

	if (!mkdtemp(folder))
		return 1;
	status = unit_main("cmd/evidence_file", tests, sizeof(tests) / sizeof(*tests));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(path_of(files[i]));
	rmdir(folder);
	return status;
}
