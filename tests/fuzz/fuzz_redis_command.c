/* SPDX-License-Identifier: BSD-2-Clause */
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "svc/store/redis_command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A value that is found lies in the answer or the page; nothing else has one. */
static void
read_as(enum store_op op, const redisReply *reply)
{
	static struct store_page p;
	const struct store_request r = {.op = op, .type = 1, .now = 100, .key = VIEW("k"), .step = 10,
		.window = 60};
	struct store_result got = redis_command_read(&r, VIEW("p:"), reply, &p);
	struct store_page_record record;
	struct view cursor, page = got.value;

	if (got.status > STORE_TEMPFAIL || (got.value.p && got.status != STORE_FOUND))
		abort();
	if (op != STORE_SCAN || !got.value.p)
		return;
	if (!store_page_cursor(&page, &cursor))
		abort();
	while (store_page_next(&page, &record))
		if (record.expires <= 100)
			abort();
	if (page.n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;

	/* What hiredis makes of long arrays is not ours (see svc/store/store_redis.c). */
	for (size_t i = 0; i + 4 < n; i++)
		if (data[i] == '*' && data[i + 3] != '\r' && data[i + 2] != '\r')
			n = 0;
	redisReaderFeed(reader, (const char *)data, n);
	while (n && redisReaderGetReply(reader, &reply) == REDIS_OK && reply) {
		for (enum store_op op = STORE_GET; op <= STORE_SCAN; op++)
			read_as(op, reply);
		freeReplyObject(reply);
		reply = NULL;
	}
	redisReaderFree(reader);
	return 0;
}
