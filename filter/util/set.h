/* SPDX-License-Identifier: BSD-2-Clause
 *
 * set -- very many short byte strings, kept densely: is this one among them?
 *
 * A million domains take about 35 bytes each: 9 to 22 of table and the text itself. Keys are hashed as in
 * util/map.h, so that nobody can make it slow. At most 4 GB of text. Not locked; once built, shared.
 */
#ifndef UTIL_SET_H
#define UTIL_SET_H

#include "util/view.h"

struct set;

struct set *set_new(void); /* gives */
void set_free(struct set *s); /* NULL is legal */
/* Copies the key, of at most 65535 bytes. False: it was there. */
bool set_add(struct set *s, struct view key);
bool set_remove(struct set *s, struct view key); /* false: it was not there */
bool set_has(const struct set *s, struct view key);
size_t set_count(const struct set *s);
void set_trim(struct set *s); /* gives back what was kept for growth */
size_t set_bytes(const struct set *s);

#endif
