/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_pairs -- a set of pairs, each side of which matches as an item of a list of its own type does.
 *
 * A hash of both keys (policy/list/list_key.h). A look-up tries every key of the first value with every key
 * of the second, but only keys that some pair has.
 */
#ifndef POLICY_LIST_PAIRS_H
#define POLICY_LIST_PAIRS_H

#include "policy/list.h"

struct list_pairs;

struct list_pairs *list_pairs_new(enum list_type first, enum list_type second); /* gives */
void list_pairs_free(struct list_pairs *l); /* NULL is legal */
size_t list_pairs_count(const struct list_pairs *l);
size_t list_pairs_bytes(const struct list_pairs *l);
/* second absent: only one word stood where two belong. */
bool list_pairs_add(struct list_pairs *l, struct view first, struct view second, struct list_note *note);
bool list_pairs_remove(struct list_pairs *l, struct view first, struct view second);
bool list_pairs_has(const struct list_pairs *l, struct view first, struct view second);

#endif
