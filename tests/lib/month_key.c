/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/lib/month_key.h"

#include "tests/lib/month.h"
#include "util/arena.h"
#include "util/map.h"

struct seen {
	int64_t first, used;
	bool passed;
};

struct month_key {
	struct map *map;
	struct arena *arena, *scratch;
};

struct month_key *
month_key_new(void)
{
	struct arena *a = arena_new();
	struct month_key *k = arena_new_of(a, struct month_key);

	*k = (struct month_key){map_new(), a, arena_new()};
	return k;
}

void
month_key_free(struct month_key *k)
{
	map_free(k->map);
	arena_free(k->scratch);
	arena_free(k->arena);
}

/* What is remembered, or a new record, if the old one is over. */
static struct seen *
look(struct month_key *k, struct view key, int64_t now)
{
	struct seen *s = map_get(k->map, key);

	if (!s) {
		s = arena_new_of(k->arena, struct seen);
		*s = (struct seen){now, now, false};
		map_put(k->map, key, s);
	}
	if (s->passed ? now - s->used >= MONTH_LIFE : now - s->first >= MONTH_WINDOW)
		*s = (struct seen){now, now, false};
	return s;
}

bool
month_key_passes(struct month_key *k, const struct ip *ip, struct view from, struct view to, int64_t now)
{
	struct view any = arena_printf(k->scratch, "%.*s\n%.*s", VIEW_ARG(from), VIEW_ARG(to));
	struct view key = arena_printf(k->scratch, "%u.%u.%u\n%.*s", ip->b[0], ip->b[1], ip->b[2], VIEW_ARG(any));
	struct seen *triplet = look(k, key, now);
	bool passes = true;

	if (now - triplet->first >= MONTH_WAIT)
		triplet->passed = true;
	if (triplet->passed)
		triplet->used = now;
	else
		passes = now - look(k, any, now)->first >= MONTH_CAP;
	arena_reset(k->scratch);
	return passes;
}
