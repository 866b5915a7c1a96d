/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_regexes -- regular expressions, any of which may match a text.
 */
#ifndef POLICY_LIST_REGEXES_H
#define POLICY_LIST_REGEXES_H

#include "policy/list.h"

struct list_regexes;

struct list_regexes *list_regexes_new(void); /* gives */
void list_regexes_free(struct list_regexes *l); /* NULL is legal */
size_t list_regexes_count(const struct list_regexes *l);
size_t list_regexes_bytes(const struct list_regexes *l);
/* False: item is no expression; note says why. A note may warn on success. */
bool list_regexes_add(struct list_regexes *l, struct view item, struct list_note *note);
bool list_regexes_remove(struct list_regexes *l, struct view item); /* false: it was not there */
/* Call once, after the last was added or removed: many are searched for together. */
void list_regexes_seal(struct list_regexes *l);
const struct regex *list_regexes_only(const struct list_regexes *l); /* NULL: there is not exactly one */
/* How often they ran into their limits, and the source of the one that did so most often, unless most_out is
 * NULL. */
uint64_t list_regexes_overruns(const struct list_regexes *l, struct view *most_out);
enum list_answer list_regexes_find(const struct list_regexes *l, struct view text);

#endif
