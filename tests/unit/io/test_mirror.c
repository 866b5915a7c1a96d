/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/limits.h"

static char dir[64];

static const char *
in_dir(const char *name)
{
	static char path[4][MIRROR_PATH_MAX];
	static unsigned turn;
	char *p = path[turn++ % 4];

	snprintf(p, MIRROR_PATH_MAX, "%s/%s", dir, name);
	return p;
}

static bool
holds(const char *path, const char *want)
{
	struct view v = unit_read_file(path);
	bool ok = v.p && view_eq_str(v, want);

	free((void *)(uintptr_t)v.p);
	return ok;
}

static const struct {
	const char *root, *path, *want; /* want NULL = refused */
} paths[] = {
	{"", "/etc/postern/../x", "/etc/postern/../x"},
	{"/r", "/etc/postern/postern.conf", "/r/etc/postern/postern.conf"},
	{"/r", "/etc//postern/./x", "/r/etc/postern/x"},
	{"/r", "/etc/a/../b", "/r/etc/b"},
	{"/r", "/../../etc/passwd", "/r/etc/passwd"},
	{"/r", "/..", "/r"},
	{"/r", "/etc/..x/...", "/r/etc/..x/..."},
	{"/r", "/rules.d/*.rules", "/r/rules.d/*.rules"},
	{"/r", "etc/x", NULL},
	{"", "etc/x", NULL},
	{"", "", NULL},
};

static void
maps_paths(void)
{
	char out[MIRROR_PATH_MAX], long_path[MIRROR_PATH_MAX + 1] = "/";

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int r = mirror_path(paths[i].root, paths[i].path, out);

		UNIT_CASE((r == 0) == (paths[i].want != NULL), paths[i].path);
		if (r == 0 && paths[i].want)
			UNIT_CASE(strcmp(out, paths[i].want) == 0, out);
	}
	memset(long_path + 1, 'x', MIRROR_PATH_MAX - 1);
	CU_ASSERT_EQUAL(mirror_path("", long_path, out), -1);
	CU_ASSERT_EQUAL(errno, ENAMETOOLONG);
	long_path[MIRROR_PATH_MAX - 1] = 0;
	CU_ASSERT_EQUAL(mirror_path("", long_path, out), 0);
	CU_ASSERT_EQUAL(mirror_path("/r", long_path, out), -1);
}

static void
puts_files(void)
{
	char root[MIRROR_PATH_MAX], path[MIRROR_PATH_MAX];
	struct stat st;

	snprintf(root, sizeof(root), "%s", in_dir("gen-1"));
	CU_ASSERT_EQUAL(mkdir(root, 0700), 0);
	CU_ASSERT_EQUAL(mirror_put(root, "/etc/postern/a.rules", view_of("a\0b", 3)), 0);
	CU_ASSERT_EQUAL(mirror_put(root, "/etc/postern/lists/x", VIEW("")), 0);
	CU_ASSERT_EQUAL(mirror_put(root, "/etc/postern/a.rules", VIEW("second")), 0);
	CU_ASSERT_EQUAL(mirror_path(root, "/etc/postern/a.rules", path), 0);
	CU_ASSERT_TRUE(holds(path, "second"));
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(symlink("/etc/hostname", path), 0);
	CU_ASSERT_EQUAL(mirror_put(root, "/etc/postern/a.rules", VIEW("x")), -1);
	CU_ASSERT_EQUAL(mirror_put(in_dir("none"), "/a", VIEW("x")), -1);
}

static void
replaces_in_one_step(void)
{
	char from[MIRROR_PATH_MAX], to[MIRROR_PATH_MAX];

	snprintf(from, sizeof(from), "%s", in_dir("from"));
	snprintf(to, sizeof(to), "%s", in_dir("to"));
	mkdir(from, 0700);
	mirror_put(from, "/etc/one", VIEW("1"));
	CU_ASSERT_EQUAL(symlink("/etc", in_dir("from/link")), 0); /* not copied */
	CU_ASSERT_EQUAL(mirror_replace(from, to), 0);
	CU_ASSERT_TRUE(holds(in_dir("to/etc/one"), "1"));
	CU_ASSERT_EQUAL(access(in_dir("to/link"), F_OK), -1);
	mirror_put(from, "/etc/two", VIEW("2"));
	unlink(in_dir("from/etc/one"));
	CU_ASSERT_EQUAL(mirror_replace(from, to), 0);
	CU_ASSERT_TRUE(holds(in_dir("to/etc/two"), "2"));
	CU_ASSERT_EQUAL(access(in_dir("to/etc/one"), F_OK), -1);
	CU_ASSERT_EQUAL(access(in_dir("to.new"), F_OK), -1);
	CU_ASSERT_EQUAL(mirror_replace(in_dir("nothing"), to), -1);
	CU_ASSERT_TRUE(holds(in_dir("to/etc/two"), "2"));
}

static void
keeps_its_limits(void)
{
	char deep[2 * (MIRROR_DEPTH + 2) + 8], name[64];
	struct stat st;

	mkdir(in_dir("deep"), 0700);
	for (int i = 0; i < MIRROR_DEPTH + 2; i++)
		memcpy(deep + 2 * i, "/d", 2);
	memcpy(deep + 2 * (MIRROR_DEPTH + 2), "/file", 6);
	CU_ASSERT_EQUAL(mirror_put(in_dir("deep"), deep, VIEW("x")), 0);
	CU_ASSERT_EQUAL(mirror_copy(in_dir("deep"), in_dir("deep2")), -1);
	CU_ASSERT_EQUAL(errno, ELOOP);
	CU_ASSERT_EQUAL(mirror_remove(in_dir("deep2")), 0);
	CU_ASSERT_EQUAL(mirror_remove(in_dir("deep")), 0);
	mkdir(in_dir("many"), 0700);
	for (int i = 0; i <= MIRROR_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "/f%d", i);
		if (mirror_put(in_dir("many"), name, VIEW("")) != 0)
			break;
	}
	CU_ASSERT_EQUAL(mirror_copy(in_dir("many"), in_dir("many2")), -1);
	CU_ASSERT_EQUAL(errno, EFBIG);
	CU_ASSERT_EQUAL(mirror_remove(in_dir("many")), 0);
	CU_ASSERT_EQUAL(mirror_remove(in_dir("many2")), 0);
	CU_ASSERT_EQUAL(lstat(in_dir("many2"), &st), -1);
}

static void
removes_without_following(void)
{
	mkdir(in_dir("safe"), 0700);
	mirror_put(in_dir("safe"), "/kept", VIEW("x"));
	mkdir(in_dir("gone"), 0700);
	CU_ASSERT_EQUAL(symlink(in_dir("safe"), in_dir("gone/link")), 0);
	CU_ASSERT_EQUAL(mirror_remove(in_dir("gone")), 0);
	CU_ASSERT_TRUE(holds(in_dir("safe/kept"), "x"));
	CU_ASSERT_EQUAL(symlink(in_dir("safe"), in_dir("root-link")), 0);
	CU_ASSERT_EQUAL(mirror_remove(in_dir("root-link")), -1);
	CU_ASSERT_TRUE(holds(in_dir("safe/kept"), "x"));
	CU_ASSERT_EQUAL(mirror_remove(in_dir("never")), 0);
}

static const struct unit_test tests[] = {
	{"maps paths, and never out of the root", maps_paths},
	{"puts files where they are found again", puts_files},
	{"replaces a set in one step", replaces_in_one_step},
	{"keeps its limits", keeps_its_limits},
	{"removes without following links", removes_without_following},
};

int
main(void)
{
	int r;

	snprintf(dir, sizeof(dir), "/tmp/postern-mirror-XXXXXX");
	if (!mkdtemp(dir))
		return 2;
	r = unit_main("io/mirror", tests, sizeof(tests) / sizeof(*tests));
	mirror_remove(dir);
	return r;
}
