/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis_command -- a request of the store as one command of Redis, and the answer to it.
 *
 * The name of a record is the prefix, its type and version in decimal, and the key's bytes. Its value begins
 * with the second at which it expires, eight bytes in network order: the caller's clock decides what has
 * expired, as in svc/store_sqlite; Redis's own clock only clears away. What must be one step is a script.
 * Redis: https://redis.io/docs/latest/commands/ (version 5 and later).
 */
#ifndef SVC_REDIS_COMMAND_H
#define SVC_REDIS_COMMAND_H

#include "svc/store_page.h"
#include "svc/store/store_wire.h"
#include "util/buf.h"

struct redisReply; /* hiredis */

enum { REDIS_PREFIX_MAX = 64 };

/* Adds the command for r, which fits, to out; prefix has at most REDIS_PREFIX_MAX bytes. */
void redis_command_write(const struct store_request *r, struct view prefix, struct buf *out);

/* What the answer to it means. The value, a page in p or bytes in the reply, lives as long as both.
 * STORE_TEMPFAIL: an error, or nothing that such a command answers. */
struct store_result redis_command_read(const struct store_request *r, struct view prefix,
	const struct redisReply *reply, struct store_page *p);

#endif
