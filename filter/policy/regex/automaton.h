/* SPDX-License-Identifier: BSD-2-Clause
 *
 * automaton -- finds many words in a text in one pass (Aho and Corasick 1975).
 *
 * ASCII letters match in either case, all other bytes exactly. The bytes that the words tell apart are the
 * columns; the states next to the start, where a text stays nearly always, have a row of the table each,
 * and those behind keep only their edges: 14 bytes a state. Immutable, shared by threads.
 */
#ifndef POLICY_AUTOMATON_H
#define POLICY_AUTOMATON_H

#include "util/view.h"

struct automaton;

/* Borrows the words; an empty one is found nowhere. id gives the number under which a word is marked; NULL:
 * its index. gives; NULL if it would have more than AUTOMATON_STATES_MAX states. */
struct automaton *automaton_new(const struct view *word, const uint32_t *id, size_t n);
void automaton_free(struct automaton *a); /* NULL is legal */
bool automaton_find(const struct automaton *a, struct view text); /* any of them */
/* Sets the bit of every word that is in the text. */
void automaton_mark(const struct automaton *a, struct view text, uint64_t *bits);
size_t automaton_bytes(const struct automaton *a);

#endif
