/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_cache.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "util/log.h"
#include "util/map.h"

/* What the map and malloc add to an entry: a place in a table that is a third full, and two
 * headers. */
enum { OVERHEAD = 160 };

struct entry {
	TAILQ_ENTRY(entry) used;
	struct dns_reply *reply;
	int64_t expires;
	size_t n;
	char key[];
};

struct dns_cache {
	struct map *map;
	TAILQ_HEAD(use_list, entry) by_use; /* the one used last is first */
	size_t bytes, max;
};

struct dns_cache *
dns_cache_new(size_t max_bytes)
{
	struct dns_cache *c = malloc(sizeof(*c));

	if (!c)
		log_die("out of memory");
	*c = (struct dns_cache){.map = map_new(), .max = max_bytes};
	TAILQ_INIT(&c->by_use);
	return c;
}

static size_t
entry_bytes(struct view key, const struct dns_reply *r)
{
	return OVERHEAD + sizeof(struct entry) + 2 * key.n + r->bytes; /* the map copies the key */
}

static void
drop(struct dns_cache *c, struct entry *e)
{
	struct view key = view_of(e->key, e->n);

	c->bytes -= entry_bytes(key, e->reply);
	map_remove(c->map, key);
	TAILQ_REMOVE(&c->by_use, e, used);
	dns_reply_drop(e->reply);
	free(e);
}

void
dns_cache_free(struct dns_cache *c)
{
	if (!c)
		return;
	while (!TAILQ_EMPTY(&c->by_use))
		drop(c, TAILQ_FIRST(&c->by_use));
	map_free(c->map);
	free(c);
}

struct dns_reply *
dns_cache_get(struct dns_cache *c, struct view key, int64_t now)
{
	struct entry *e = map_get(c->map, key);

	if (!e)
		return NULL;
	if (now >= e->expires) {
		drop(c, e);
		return NULL;
	}
	TAILQ_REMOVE(&c->by_use, e, used);
	TAILQ_INSERT_HEAD(&c->by_use, e, used);
	return e->reply;
}

void
dns_cache_put(struct dns_cache *c, struct view key, struct dns_reply *r, int64_t expires)
{
	struct entry *e = map_get(c->map, key);
	size_t bytes = entry_bytes(key, r);

	if (e)
		drop(c, e);
	if (bytes > c->max)
		return;
	while (c->bytes > c->max - bytes)
		drop(c, TAILQ_LAST(&c->by_use, use_list));
	e = malloc(sizeof(*e) + key.n);
	if (!e)
		log_die("out of memory");
	e->reply = dns_reply_hold(r);
	e->expires = expires;
	e->n = key.n;
	memcpy(e->key, key.p, key.n);
	TAILQ_INSERT_HEAD(&c->by_use, e, used);
	map_put(c->map, key, e);
	c->bytes += bytes;
}

size_t
dns_cache_count(const struct dns_cache *c)
{
	return map_count(c->map);
}

size_t
dns_cache_bytes(const struct dns_cache *c)
{
	return c->bytes;
}
