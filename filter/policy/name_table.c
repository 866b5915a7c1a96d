/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/name_table.h"

#include <stdlib.h>

#include "util/log.h"

void
name_table_init(struct name_table *t)
{
	*t = (struct name_table){.map = map_new()};
}

void
name_table_done(struct name_table *t)
{
	map_free(t->map);
	free(t->row);
}

bool
name_table_add(struct name_table *t, struct view name, void *item)
{
	if (map_get(t->map, name))
		return false;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 32;
		t->row = reallocarray(t->row, t->cap, sizeof(*t->row));
		if (!t->row)
			log_die("out of memory");
	}
	t->row[t->n++] = (struct name_row){name, item};
	map_put(t->map, name, item);
	return true;
}

void *
name_table_find(const struct name_table *t, struct view name)
{
	return map_get(t->map, name);
}

static int
row_cmp(const void *a, const void *b)
{
	const struct name_row *x = a, *y = b;

	return view_cmp(x->name, y->name);
}

void
name_table_sort(struct name_table *t)
{
	if (t->n)
		qsort(t->row, t->n, sizeof(*t->row), row_cmp);
}

void
name_table_suggest(const struct name_table *t, struct suggest *s)
{
	for (size_t i = 0; i < t->n; i++)
		suggest_try(s, t->row[i].name);
}

const char *
name_table_hint(const struct name_table *t, struct view word, struct arena *a)
{
	struct suggest s;

	suggest_init(&s, word);
	name_table_suggest(t, &s);
	return suggest_hint(&s, a);
}
