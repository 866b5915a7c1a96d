/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store/redis_command.h"

#include <hiredis/hiredis.h>

#include "tests/lib/unit.h"

static struct store_page page;

static struct store_result
heard(enum store_op op, struct view answer, struct view cursor, redisReply **reply_out)
{
	const struct store_request r = {.op = op, .type = 1, .now = 100, .key = VIEW("k"), .value = cursor};
	redisReader *reader = redisReaderCreate();
	struct store_result got;
	void *reply = NULL;

	redisReaderFeed(reader, answer.p, answer.n);
	CU_ASSERT_FATAL(redisReaderGetReply(reader, &reply) == REDIS_OK && reply);
	got = redis_command_read(&r, VIEW("p:"), reply, &page);
	redisReaderFree(reader);
	*reply_out = reply;
	return got;
}

#define LATER  "\0\0\0\0\0\0\0\xc8" /* 200 */
#define BEFORE "\0\0\0\0\0\0\0\x64" /* 100 */

static void
answers(void)
{
	static const struct {
		const char *name;
		enum store_op op;
		struct view answer;
		enum store_status want;
		const char *value;
	} rows[] = {
		{"a value", STORE_GET, VIEW("$10\r\n" LATER "hi\r\n"), STORE_FOUND, "hi"},
		{"an empty value", STORE_GET, VIEW("$8\r\n" LATER "\r\n"), STORE_FOUND, ""},
		{"an expired one", STORE_GET, VIEW("$10\r\n" BEFORE "hi\r\n"), STORE_NONE, NULL},
		{"none", STORE_GET, VIEW("$-1\r\n"), STORE_NONE, NULL},
		{"none of ours", STORE_GET, VIEW("$3\r\nabc\r\n"), STORE_NONE, NULL},
		{"an error", STORE_GET, VIEW("-ERR no\r\n"), STORE_TEMPFAIL, NULL},
		{"a number for a value", STORE_GET, VIEW(":1\r\n"), STORE_TEMPFAIL, NULL},
		{"added", STORE_ADD, VIEW("$-1\r\n"), STORE_NONE, NULL},
		{"there was one", STORE_ADD, VIEW("$10\r\n" LATER "hi\r\n"), STORE_FOUND, "hi"},
		{"written", STORE_PUT, VIEW("+OK\r\n"), STORE_FOUND, NULL},
		{"not written", STORE_PUT, VIEW("-OOM full\r\n"), STORE_TEMPFAIL, NULL},
		{"not even refused", STORE_PUT, VIEW("$-1\r\n"), STORE_TEMPFAIL, NULL},
		{"gone", STORE_REMOVE, VIEW(":1\r\n"), STORE_FOUND, NULL},
		{"was not there", STORE_REMOVE, VIEW(":0\r\n"), STORE_NONE, NULL},
		{"nothing is counted", STORE_TALLY, VIEW("$8\r\n" LATER "\r\n"), STORE_NONE, NULL},
		{"no page", STORE_SCAN, VIEW("*2\r\n$1\r\n0\r\n$1\r\nx\r\n"), STORE_TEMPFAIL, NULL},
		{"nor this", STORE_SCAN, VIEW("*1\r\n:0\r\n"), STORE_TEMPFAIL, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		redisReply *reply;
		struct store_result got = heard(rows[i].op, rows[i].answer, VIEW(""), &reply);

		UNIT_CASE(got.status == rows[i].want, rows[i].name);
		UNIT_CASE(rows[i].value ? got.value.p && view_eq_str(got.value, rows[i].value)
					: got.value.p == NULL, rows[i].name);
		freeReplyObject(reply);
	}
}

#define VALUE "$8\r\n" LATER "\r\n"

/* What a cursor says was in the page before is left out; what expired, or is of other names, too. */
static void
pages(void)
{
	const struct view answer = VIEW("*9\r\n$2\r\n42\r\n$9\r\np:1:0:one\r\n" VALUE "$9\r\np:1:0:two\r\n" VALUE
		"$9\r\np:1:0:six\r\n$8\r\n" BEFORE "\r\n$2\r\nno\r\n" VALUE);
	static const char *const wanted[] = {"one", "two"};

	for (size_t skip = 0; skip < 2; skip++) {
		redisReply *reply;
		struct store_result got =
			heard(STORE_SCAN, answer, skip ? VIEW("7.1") : VIEW("7.0"), &reply);
		struct store_page_record r;
		struct view cursor;
		size_t n = skip;

		CU_ASSERT_FATAL(store_page_cursor(&got.value, &cursor));
		UNIT_VIEW(cursor, "42.0");
		for (; store_page_next(&got.value, &r); n++)
			UNIT_VIEW(r.key, n < 2 ? wanted[n] : "nothing");
		CU_ASSERT_EQUAL(n, 2);
		freeReplyObject(reply);
	}
}

/* A name is bytes; in a pattern only its end is open. */
static void
written(void)
{
	const struct store_request get = {.op = STORE_GET, .type = 2, .version = 3, .key = VIEW("a\0 \r\n")},
		scan = {.op = STORE_SCAN, .type = 2, .key = VIEW("a*[\\"), .value = VIEW("9.4")};
	struct buf b;

	buf_init(&b, 4096);
	redis_command_write(&get, VIEW("p:"), &b);
	CU_ASSERT(view_eq(buf_view(&b), VIEW("*2\r\n$3\r\nGET\r\n$11\r\np:2:3:a\0 \r\n\r\n")));
	buf_reset(&b);
	redis_command_write(&scan, VIEW("p*:"), &b);
	CU_ASSERT(view_ends_nocase(buf_view(&b),
		VIEW("$1\r\n9\r\n$16\r\np\\*:2:0:a\\*\\[\\\\*\r\n$2\r\n20\r\n")));
	buf_done(&b);
}

static const struct unit_test tests[] = {
	{"answers", answers},
	{"pages", pages},
	{"commands", written},
};

int
main(void)
{
	return unit_main("svc/redis_command", tests, sizeof(tests) / sizeof(*tests));
}
