/* SPDX-License-Identifier: BSD-2-Clause
 *
 * memory -- where the store process keeps what it remembers: its file, and the Redis of postern.conf(5).
 *
 * Taken once, at the start: the store process outlives reloads.
 */
#ifndef CMD_MEMORY_H
#define CMD_MEMORY_H

#include "policy/conf.h"
#include "svc/store/store_redis.h"

enum { MEMORY_SERVERS = 16, MEMORY_TEXT = 128, MEMORY_PATH = 256 };

struct memory {
	char file[MEMORY_PATH];
	struct listener_address server[MEMORY_SERVERS];
	size_t n;
	char sentinel[MEMORY_TEXT], user[MEMORY_TEXT], prefix[MEMORY_TEXT], secrets[MEMORY_PATH];
	unsigned database;
	uint32_t timeout_ms;
};

/* False: why says what cannot be. */
bool memory_take(struct memory *m, const struct conf *c, struct buf *why);
bool memory_eq(const struct memory *a, const struct memory *b);

/* What the store process needs of it; out keeps m. The password is read from the secrets file, and lives in
 * a. False: no Redis is set. */
bool memory_redis(const struct memory *m, struct arena *a, struct store_redis_options *out);

#endif
