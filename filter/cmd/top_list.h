/* SPDX-License-Identifier: BSD-2-Clause
 *
 * top_list -- the records with the highest figures, of all that a tool sees.
 */
#ifndef CMD_TOP_LIST_H
#define CMD_TOP_LIST_H

#include "util/arena.h"

struct top_list {
	struct top_entry {
		int64_t rank;
		struct view key;
	} *entry; /* highest first; of equals the one that came first */
	size_t n, room;
	struct arena *arena;
};

/* room: from 1. Lives in a, with a copy of each key that it held. */
struct top_list *top_list_new(size_t room, struct arena *a);
void top_list_add(struct top_list *t, int64_t rank, struct view key);

#endif
