/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/top_list.h"

struct top_list *
top_list_new(size_t room, struct arena *a)
{
	struct top_list *t = arena_new_of(a, struct top_list);

	t->entry = arena_array(a, room, sizeof(*t->entry));
	t->room = room;
	t->arena = a;
	return t;
}

void
top_list_add(struct top_list *t, int64_t rank, struct view key)
{
	size_t i = t->n;

	if (t->n == t->room && rank <= t->entry[t->n - 1].rank)
		return;
	if (t->n < t->room)
		t->n++;
	else
		i--;
	for (; i > 0 && t->entry[i - 1].rank < rank; i--)
		t->entry[i] = t->entry[i - 1];
	t->entry[i] = (struct top_entry){rank, arena_copy(t->arena, key)};
}
