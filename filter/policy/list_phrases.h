/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_phrases -- finds any of many phrases in a text in one pass: an Aho-Corasick automaton.
 *
 * ASCII letters match in either case, all other bytes exactly. One table row a state, one column a class
 * of bytes that the phrases tell apart; the table has a ceiling (PHRASES_CELLS_MAX).
 */
#ifndef POLICY_LIST_PHRASES_H
#define POLICY_LIST_PHRASES_H

#include "util/view.h"

struct list_phrases;

/* Borrows the phrases; an empty one matches nothing. gives; NULL if the table would pass its ceiling. */
struct list_phrases *list_phrases_new(const struct view *phrase, size_t n);
void list_phrases_free(struct list_phrases *l); /* NULL is legal */
bool list_phrases_find(const struct list_phrases *l, struct view text);

#endif
