/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_list -- from `list` statements, sets and list files to lists, with a message for every bad item.
 *
 * A list file holds one entry a line (of pairs: two words); "#" begins a comment, in lists of phrases and
 * regexes only at the start of a line.
 */
#ifndef POLICY_RULE_LIST_H
#define POLICY_RULE_LIST_H

#include "policy/rule/rule_set.h"

/* Fills every declared list: first all that is added, then without what is removed. */
void rule_list_fill(struct rule_set *s);

/* A list of the items of a set that stands in a condition. Lives with the program's arena; never NULL. */
const struct list *rule_list_of_set(struct rule_set *s, enum list_type t, const struct ast_set *set);
/* The same of one word: a regex, or a phrase. */
const struct list *rule_list_of_word(struct rule_set *s, enum list_type t, const struct ast_word *w);

/* ---- for who asks why ---- */

struct rule_list_item {
	struct view item, second; /* as written; second absent but of a pair */
	struct place at;
};
/* Is what ctx stands for in this list? */
typedef bool rule_list_holds(const struct list *l, void *ctx);
/* One item of the list that holds it by itself: its sources are read again, one list an item is made.
 * False: none does. What out has lives in a. */
bool rule_list_which(struct rule_set *s, const struct list_def *l, rule_list_holds *holds, void *ctx,
	struct arena *a, struct rule_list_item *out);

#endif
