/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/replace.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/unit.h"

static const struct replace_owner mine = {(uid_t)-1, (gid_t)-1, 0640};

/* Names in the folder, . and .. left out. */
static unsigned
names(const char *folder)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

static void
replaces(void)
{
	char dir[] = "/tmp/postern-replace-XXXXXX", path[64], link[64];
	struct view got;
	struct stat st;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	CU_ASSERT_EQUAL(replace_file(path, VIEW("old text"), &mine), 0);
	CU_ASSERT_EQUAL(symlink(path, link), 0);
	CU_ASSERT_EQUAL(replace_file(link, VIEW("new"), &mine), 0);
	CU_ASSERT_TRUE(lstat(link, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0640);
	got = unit_read_file(link);
	UNIT_VIEW(got, "new");
	free((void *)got.p);
	got = unit_read_file(path);
	UNIT_VIEW(got, "old text"); /* the link was not followed */
	free((void *)got.p);
	CU_ASSERT_EQUAL(names(dir), 2);
	unlink(link);
	unlink(path);
	rmdir(dir);
}

static void
fails_without_a_trace(void)
{
	char dir[] = "/tmp/postern-replace-XXXXXX", path[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	CU_ASSERT_EQUAL(mkdir(path, 0755), 0);
	CU_ASSERT_EQUAL(replace_file(path, VIEW("x"), &mine), -1);
	CU_ASSERT_EQUAL(errno, EISDIR);
	CU_ASSERT_EQUAL(names(dir), 1);
	rmdir(path);
	rmdir(dir);
	CU_ASSERT_EQUAL(replace_file(path, VIEW("x"), &mine), -1);
	CU_ASSERT_EQUAL(errno, ENOENT);
}

static const struct unit_test tests[] = {
	{"replaces, and does not follow links", replaces},
	{"fails without a trace", fails_without_a_trace},
};

int
main(void)
{
	return unit_main("io/replace", tests, sizeof(tests) / sizeof(*tests));
}
