/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/status.h"

#include <unistd.h>

#include "tests/lib/unit.h"
#include "util/json.h"

static const struct status_worker workers[] = {
	{"store", "serving", true, 4096, 11, 0, 0, 90000, {NULL, 0}},
	{"milter-main", "serving", false, 8192, 12, 3, 2, 75,
		{"sessions 3\nresolver 127.0.0.1\nevil \x1b[2J\n", 40}},
	{"milter-sub", "waiting", false, 0, 0, 3, 4, 3, {"\n\nodd\n\xff key\n", 12}},
};

static void
more(void *ctx, struct json *j)
{
	json_key(j, "more");
	json_number(j, 1);
}

static const struct case_ {
	const char *name;
	struct status status;
	const char *text, *json;
} cases[] = {
	{"all is well",
		{.phase = "serving",
			.generation = 3,
			.seconds = 100000,
			.pid = 10,
			.memory = 12288,
			.more = more,
			.reload = "none",
			.fallback = {NULL, 0},
			.reload_text = {"", 0},
			.worker = workers,
			.n = 2},
		"postern is on, serving, generation 3, up 1d 3h\n"
		"last reload: none\n"
		"store                serving   generation 0, pid 11, started 1d 1h ago\n"
		"milter-main          serving   generation 3, pid 12, started 1m ago, restarted 2 "
		"times\n"
		"    sessions 3\n"
		"    resolver 127.0.0.1\n"
		"    evil \\x1b[2J\n",
		"{\"version\":1,\"off\":false,\"phase\":\"serving\",\"generation\":3,\"seconds\":"
		"100000,\"pid\":10,\"memory\":12288,"
		"\"fallback\":null,\"doubts\":null,\"reload\":\"none\",\"reload_seconds\":0,\"reload_text\":\"\",\"workers\":["
		"{\"name\":\"store\",\"state\":\"serving\",\"pid\":11,\"generation\":0,"
		"\"restarts\":0,"
		"\"seconds\":90000,\"memory\":4096,\"silent\":true,\"counters\":{}},"
		"{\"name\":\"milter-main\",\"state\":\"serving\",\"pid\":12,\"generation\":3,"
		"\"restarts\":2,"
		"\"seconds\":75,\"memory\":8192,\"silent\":false,\"counters\":{\"sessions\":3,\"resolver\":\"127.0.0.1\","
		"\"evil\":\"\\u001b[2J\"}}],\"more\":1}\n"},
	{"off, fallen back, refused",
		{.off = true,
			.phase = "reloading",
			.generation = 1,
			.seconds = 7300,
			.fallback = {"a.rules:1: bad\n", 15},
			.doubts = {"c.rules:3: FAILED\n", 18},
			.reload = "refused",
			.reload_seconds = 61,
			.reload_text = {"b.rules:2: worse\n", 17},
			.worker = workers + 2,
			.n = 1},
		"postern is off (all mail passes unjudged), reloading, generation 1, up 2h 1m\n"
		"WARNING: the last good configuration serves, because the present one was "
		"refused:\n"
		"    a.rules:1: bad\n"
		"WARNING: this configuration serves, but its check found:\n"
		"    c.rules:3: FAILED\n"
		"last reload: refused, 1m ago\n"
		"    b.rules:2: worse\n"
		"milter-sub           waiting   generation 3, started 3s ago, restarted 4 times\n"
		"    odd\n"
		"    \\xff key\n",
		"{\"version\":1,\"off\":true,\"phase\":\"reloading\",\"generation\":1,\"seconds\":"
		"7300,\"pid\":0,\"memory\":0,"
		"\"fallback\":\"a.rules:1: bad\\u000a\",\"doubts\":\"c.rules:3: FAILED\\u000a\",\"reload\":\"refused\","
		"\"reload_seconds\":61,"
		"\"reload_text\":\"b.rules:2: worse\\u000a\",\"workers\":["
		"{\"name\":\"milter-sub\",\"state\":\"waiting\",\"pid\":0,\"generation\":3,"
		"\"restarts\":4,"
		"\"seconds\":3,\"memory\":0,\"silent\":false,\"counters\":{\"odd\":\"\"}}]}\n"},
	{"starting", {.phase = "starting", .seconds = 1, .reload = "none", .reload_text = {"", 0}},
		"postern is on, starting\nlast reload: none\n",
		"{\"version\":1,\"off\":false,\"phase\":\"starting\",\"generation\":0,\"seconds\":"
		"1,\"pid\":0,\"memory\":0,"
		"\"fallback\":null,\"doubts\":null,\"reload\":\"none\",\"reload_seconds\":0,\"reload_text\":\"\","
		"\"workers\":[]}\n"},
};

static void
is_written(bool as_json)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out;

		buf_init(&out, 10000);
		(as_json ? status_json : status_text)(&cases[i].status, &out);
		UNIT_VIEW(buf_view(&out), as_json ? cases[i].json : cases[i].text);
		buf_done(&out);
	}
}

static void
as_text(void)
{
	is_written(false);
}

static void
as_json(void)
{
	is_written(true);
}

static void
memory(void)
{
	CU_ASSERT_TRUE(status_memory((int)getpid()) > 100000);
	CU_ASSERT_EQUAL(status_memory(0), 0);
	CU_ASSERT_EQUAL(status_memory(1 << 30), 0);
}

static const struct unit_test tests[] = {
	{"as text", as_text}, {"as JSON", as_json}, {"memory of a process", memory}};

int
main(void)
{
	return unit_main("io/status", tests, sizeof(tests) / sizeof(*tests));
}
