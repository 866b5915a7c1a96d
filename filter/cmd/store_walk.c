/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/store_walk.h"

#include <stdio.h>
#include <sysexits.h>

#include "cmd/run_dir.h"
#include "util/log.h"

enum { PATIENCE_MS = 5000, PAGES_MAX = 10 * 1000 * 1000 };

struct store *
store_walk_connect(const char *conf)
{
	char socket[RUN_DIR_ROOM];

	log_open(LOG_TO_STDERR, "postern", LOG_LEVEL_ERROR, false);
	run_dir_socket(conf, "store.sock", socket);
	return store_connect(socket, PATIENCE_MS);
}

int
store_walk_silent(const char *tool)
{
	fprintf(stderr, "%s: the store of the daemon does not answer: does it run, and are you root, or the"
		" user of its settings?\n", tool);
	return EX_UNAVAILABLE;
}

/* *next_out: where the next page begins; empty after the last. */
static bool
show_page(struct view page, struct arena *a, store_walk_each *each, void *ctx, struct view *next_out)
{
	struct store_page_record r;

	if (!store_page_cursor(&page, next_out))
		return false;
	while (store_page_next(&page, &r))
		if (!each(ctx, &r, a))
			return false;
	return true;
}

bool
store_walk(struct store *s, struct store_request scan, store_walk_each *each, void *ctx)
{
	struct arena *a = arena_new();
	char cursor[STORE_KEY_MAX];
	bool going = true, whole = false;

	for (unsigned i = 0; i < PAGES_MAX && going && !whole; i++) {
		struct store_result page;
		struct view next;

		arena_reset(a);
		store_do(s, &scan, 1, a, &page);
		going = page.status == STORE_FOUND && show_page(page.value, a, each, ctx, &next);
		whole = going && next.n == 0;
		if (going && !whole) {
			memcpy(cursor, next.p, next.n);
			scan.value = view_of(cursor, next.n);
		}
	}
	arena_free(a);
	return whole;
}
