/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/unit.h"

static char folder[] = "/tmp/postern-source-XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *
make(const char *name, const char *text, mode_t mode)
{
	const char *path = in_folder(name);
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	chmod(path, mode);
	return path;
}

static void
expect(const char *path, size_t max, enum source_end want, const char *say)
{
	struct arena *a = arena_new();
	struct view text = {NULL, 0};
	const char *why = "";
	enum source_end got = source_read(NULL, path, max, a, &text, &why);

	UNIT_CASE(got == want, path);
	UNIT_CASE(want == SOURCE_OK ? text.p && view_eq_str(text, say) : strstr(why, say) != NULL,
		why);
	arena_free(a);
}

static void
reads(void)
{
	expect(make("good", "rule\n", 0644), 100, SOURCE_OK, "rule\n");
	expect(in_folder("good"), 5, SOURCE_OK, "rule\n");
	expect(make("empty", "", 0600), 100, SOURCE_OK, "");
}

static void
refuses(void)
{
	const char *fifo;

	expect(in_folder("good"), 4, SOURCE_BAD, "larger than 4 bytes");
	expect(in_folder("nothing"), 100, SOURCE_NONE, "no such file");
	expect(in_folder("good/x"), 100, SOURCE_NONE, "no such file");
	expect(folder, 100, SOURCE_BAD, "folder");
	expect("/dev/null", 100, SOURCE_BAD, "regular");
	expect(make("open", "rule\n", 0666), 100, SOURCE_BAD,
		"world-writable: anyone could change the rules; run chmod o-w ");
	fifo = in_folder("fifo");
	CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
	expect(fifo, 100, SOURCE_BAD, "regular"); /* and does not wait for a writer */
	if (geteuid() != 0)
		expect(make("closed", "x", 0), 100, SOURCE_BAD, "cannot be opened");
}

static void
beside(void)
{
	struct arena *a = arena_new();

	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("/etc/x.rules"), VIEW("l/a"), a), "/etc/l/a");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("/x"), VIEW("a"), a), "/a");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("x"), VIEW("a"), a), "a");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("d/x"), VIEW("/a"), a), "/a");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("/a/b/x"), VIEW("../c"), a), "/a/c");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("a/b/x"), VIEW("../../c/d"), a), "c/d");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("a/x"), VIEW("../../c"), a), "../c");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("a/x"), VIEW("./c/./d"), a), "a/c/d");
	CU_ASSERT_STRING_EQUAL(source_beside(VIEW("d/x"), VIEW(""), a), "d/");
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"reads a file whole", reads},
	{"refuses what a stranger could write, and what is no file", refuses},
	{"names files as seen from another", beside},
};

int
main(void)
{
	static const char *const made[] = {"good", "empty", "open", "fifo", "closed"};
	int status;

	if (!mkdtemp(folder))
		return 2;
	status = unit_main("policy/source", tests, sizeof(tests) / sizeof(*tests));
	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		unlink(in_folder(made[i]));
	rmdir(folder);
	return status;
}
