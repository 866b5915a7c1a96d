/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_list -- from `list` statements, sets and list files to lists, with a message for every bad item.
 *
 * A list file holds one entry a line (of pairs: two words); "#" begins a comment, in lists of phrases and
 * regexes only at the start of a line.
 */
#ifndef POLICY_RULE_LIST_H
#define POLICY_RULE_LIST_H

#include "policy/rule_set.h"

/* Fills every declared list: first all that is added, then without what is removed. */
void rule_list_fill(struct rule_set *s);

/* A list of the items of a set that stands in a condition. Lives with the program's arena; never NULL. */
const struct list *rule_list_of_set(struct rule_set *s, enum list_type t, const struct ast_set *set);
/* The same of one word: a regex, or a phrase. */
const struct list *rule_list_of_word(struct rule_set *s, enum list_type t, const struct ast_word *w);

#endif
