/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex_set -- which of many expressions can match a text at all, found in one pass over it.
 *
 * One automaton for the words that the expressions need (policy/regex/regex_literals.h). An expression
 * without such words is always possible. Immutable, shared by threads.
 */
#ifndef POLICY_REGEX_SET_H
#define POLICY_REGEX_SET_H

#include "policy/regex.h"

/* Fewer expressions are run one by one: the pass would cost as much. */
enum { REGEX_SET_MIN = 8 };

struct regex_set;

/* gives; NULL if there are too many words for one automaton: then each has to run. */
struct regex_set *regex_set_new(const struct regex *const *regex, size_t n);
void regex_set_free(struct regex_set *s); /* NULL is legal */
size_t regex_set_words(const struct regex_set *s); /* of the bit array: one bit an expression */
/* Sets the bit of every expression that may match; other bits stay. */
void regex_set_possible(const struct regex_set *s, struct view text, uint64_t *bits);
size_t regex_set_bytes(const struct regex_set *s);

#endif
