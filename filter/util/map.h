/* SPDX-License-Identifier: BSD-2-Clause
 *
 * map -- a hash table from bytes to pointers that an attacker cannot make slow.
 *
 * Keys are hashed with SipHash-2-4 under a random key of the process. Keys and the table live in the
 * heap; values are the caller's. Not locked.
 */
#ifndef UTIL_MAP_H
#define UTIL_MAP_H

#include "util/view.h"

struct map;

struct map *map_new(void); /* gives */
void map_free(struct map *m); /* NULL is legal; values stay the caller's */
void *map_get(const struct map *m, struct view key); /* NULL if absent */
/* Copies the key; returns the value it replaces, or NULL. value must not be NULL. */
void *map_put(struct map *m, struct view key, void *value);
void *map_remove(struct map *m, struct view key); /* the value it had, or NULL */
size_t map_count(const struct map *m);
/* Walks in no particular order: start with *at = 0; false at the end. Do not change the map meanwhile. */
bool map_next(const struct map *m, size_t *at, struct view *key_out, void **value_out);

/* SipHash-2-4 of v under the process's random key. */
uint64_t map_hash(struct view v);

#endif
