/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redis_link -- a connection to the Redis server that is the master, whichever that is at present.
 *
 * The servers are asked in turn until one is a master that takes our words; with a sentinel they are
 * Sentinels, which say where the master is. Nothing here waits: the owner polls.
 */
#ifndef SVC_REDIS_LINK_H
#define SVC_REDIS_LINK_H

#include <poll.h>

#include "io/listener.h"

struct redisReply; /* hiredis */

struct redis_link_options {
	const struct listener_address *server; /* n of them, kept */
	size_t n;
	const char *sentinel;        /* the master's name there; NULL: they are no Sentinels */
	const char *user, *password; /* NULL: none */
	unsigned database;
	const char *probe; /* a name that no record has: could it be written? NULL: that is not asked */
	/* An answer, in the order of what was written; lives until heard returns. */
	void (*heard)(void *ctx, const struct redisReply *answer);
	/* The connection is gone: nothing that was written will be answered. */
	void (*lost)(void *ctx);
	void *ctx;
};

struct redis_link;

struct redis_link *redis_link_new(const struct redis_link_options *o); /* gives; keeps what o points to */
void redis_link_free(struct redis_link *l); /* NULL is legal; calls nobody */

/* Where commands are written; NULL: no master that has room takes more at present. */
struct buf *redis_link_out(struct redis_link *l);
/* The server is of no use: the next one is tried after a while. Calls `lost`. */
void redis_link_leave(struct redis_link *l, const char *why);

/* What to poll for; its descriptor is -1 while there is no connection. */
struct pollfd redis_link_poll(const struct redis_link *l);
/* When redis_link_serve has work whatever was polled (clock_mono_ms); INT64_MAX: never. */
int64_t redis_link_due(const struct redis_link *l);
/* After each poll: revents of that descriptor. Calls `heard` and `lost`. */
void redis_link_serve(struct redis_link *l, short revents);

/* What an answer that is an error says, fit for the log; otherwise for another one. */
enum { REDIS_WORDS_MAX = 96 };
const char *redis_link_words(const struct redisReply *a, const char *otherwise,
	char out[static REDIS_WORDS_MAX]);

#endif
