/* SPDX-License-Identifier: BSD-2-Clause
 *
 * name_table -- what rule files declare of one kind, by name and in the order in which it stands.
 */
#ifndef POLICY_NAME_TABLE_H
#define POLICY_NAME_TABLE_H

#include "policy/suggest.h"
#include "util/map.h"

struct name_table {
	struct map *map;
	struct name_row {
		struct view name; /* kept */
		void *item;
	} *row;
	size_t n, cap;
};

void name_table_init(struct name_table *t);
void name_table_done(struct name_table *t); /* items stay the caller's */
/* False if the name is taken. */
bool name_table_add(struct name_table *t, struct view name, void *item);
void *name_table_find(const struct name_table *t, struct view name); /* NULL if there is none */
void name_table_sort(struct name_table *t); /* rows by name */
/* Offers all names as candidates. */
void name_table_suggest(const struct name_table *t, struct suggest *s);
/* "did you mean 'x'?", or NULL. Lives in a. */
const char *name_table_hint(const struct name_table *t, struct view word, struct arena *a);

#endif
