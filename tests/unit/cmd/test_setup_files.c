/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/setup_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/unit.h"

static struct setup_list lists[] = {
	{.about = {.name = "one", .path = "/r/one.rules", .title = VIEW("One"),
		.zone = {VIEW("a {secret:k}.a.example")}, .n_zones = 1}},
	{.about = {.name = "two", .path = "/r/two.rules", .title = VIEW("Two")}},
};

static void
writes_and_reads_back(void)
{
	struct setup_list again[] = {lists[0], lists[1]};
	char path[] = "/tmp/postern-setup-XXXXXX";
	struct arena *a = arena_new();
	int fd = mkstemp(path);
	const char *why;
	struct view text;

	lists[0].on = lists[0].keyed = true;
	text = setup_files_rules(lists, 2, a);
	UNIT_VIEW(text, SETUP_FILES_MARK "\nlanguage 1\n\n# One\ninclude \"/r/one.rules\"\n"
		"change dnsbl a zone \"{secret:k}.a.example\"\n");
	CU_ASSERT_EQUAL(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
	CU_ASSERT_TRUE(setup_files_read(path, again, 2, a, &why));
	CU_ASSERT_TRUE(again[0].was && again[0].on);
	CU_ASSERT_FALSE(again[1].was || again[1].on);
	unlink(path);
	CU_ASSERT_TRUE(setup_files_read(path, &lists[1], 1, a, &why)); /* not there: nothing is enabled */
	CU_ASSERT_FALSE(lists[1].was);
	arena_free(a);
}

static void
leaves_others_alone(void)
{
	char path[] = "/tmp/postern-setup-XXXXXX";
	struct arena *a = arena_new();
	int fd = mkstemp(path);
	const char *why = "";

	CU_ASSERT_EQUAL(write(fd, "language 1\n" SETUP_FILES_MARK "\n", 20), 20);
	close(fd);
	CU_ASSERT_FALSE(setup_files_read(path, lists, 2, a, &why));
	CU_ASSERT_STRING_EQUAL(why, "was not written by this command; it is left as it is");
	unlink(path);
	CU_ASSERT_FALSE(setup_files_read("/", lists, 2, a, &why));
	CU_ASSERT_STRING_EQUAL(why, "is a folder, not a file");
	arena_free(a);
}

static void
keys(void)
{
	static const struct {
		const char *key;
		bool ok;
	} rows[] = {{"abc-123", true}, {"A", true}, {"", false}, {"-a", false}, {"a-", false}, {"a.b", false},
		{"a b", false}, {"a\"b", false}, {"{secret:x}", false}, {"a\nb", false}, {"\xc3\xa4", false},
		{"0123456789012345678901234567890123456789012345678901234567890123", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		UNIT_CASE(setup_files_key_ok(view_str(rows[i].key)) == rows[i].ok, rows[i].key);
}

static void
secrets(void)
{
	struct arena *a = arena_new();
	struct view v = setup_files_secrets((struct view){NULL, 0}, VIEW("k"), VIEW("1"), a);

	UNIT_VIEW(v, "k 1\n");
	UNIT_VIEW(setup_files_secrets(VIEW("# mine\nkk 5\nk 2\n\nother 3"), VIEW("k"), VIEW("9"), a),
		"# mine\nkk 5\n\nother 3\nk 9\n");
	UNIT_VIEW(setup_files_secrets(v, VIEW("k"), VIEW("2"), a), "k 2\n");
	arena_free(a);
}

static const struct unit_test tests[] = {
	{"writes the rule file and reads it back", writes_and_reads_back},
	{"leaves other files alone", leaves_others_alone},
	{"what a key is made of", keys},
	{"adds and replaces secrets", secrets},
};

int
main(void)
{
	return unit_main("cmd/setup_files", tests, sizeof(tests) / sizeof(*tests));
}
