/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_redis -- the store process's side of a Redis server: one connection, many requests under way.
 *
 * Nothing here waits: the owner polls. An answer that is late, or an error, is STORE_TEMPFAIL: the owner has
 * another store for it. A server that is silent, or says that it is read-only, full, loading or not for us,
 * is left (svc/store/redis_link.h). hiredis formats and parses; it has no TLS, so TLS is a tunnel's.
 */
#ifndef SVC_STORE_REDIS_H
#define SVC_STORE_REDIS_H

#include "svc/store/redis_link.h"
#include "svc/store.h"

struct store_redis_options {
	struct redis_link_options link; /* its callbacks are not looked at */
	const char *prefix;             /* of the names of records, at most REDIS_PREFIX_MAX bytes */
	uint32_t timeout_ms;            /* of one request */
	/* Called once for each request that was started, from within store_redis_serve. Its value is gone
	 * when it returns; no request is to be started meanwhile. */
	void (*done)(void *ctx, void *tag, const struct store_result *result);
	void *ctx;
};

struct store_redis;

struct store_redis *store_redis_new(const struct store_redis_options *o); /* gives; keeps what o points to */
void store_redis_free(struct store_redis *r); /* NULL is legal; calls nobody */

/* True: `done` will be called for tag (not NULL). False: no server answers in time at present. r fits, and is
 * not needed afterwards. */
bool store_redis_start(struct store_redis *r, const struct store_request *q, void *tag);
/* The one who asked has gone: `done` is not called for tag. */
void store_redis_forget(struct store_redis *r, const void *tag);

/* As of redis_link; due in milliseconds, -1: never. */
struct pollfd store_redis_poll(const struct store_redis *r);
int store_redis_due(const struct store_redis *r);
/* Calls `done`. */
void store_redis_serve(struct store_redis *r, short revents);

struct store_redis_state {
	bool up;
	uint64_t answered, late, errors;
};
void store_redis_describe(struct store_redis *r, struct store_redis_state *out);

#endif
