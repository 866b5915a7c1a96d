/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_key -- the one spelling under which a list item is kept, and the spellings that a value may match.
 *
 *   domains     "x.org" that name alone, ".x.org" it and all below; a.x.org has the keys a.x.org,
 *               .a.x.org, .x.org, .org
 *   addresses   "a@x.org", "@x.org" any user there; a@x.org has the keys a@x.org, @x.org
 *   nets        family, prefix length, prefix; an address has one key for each length
 *   words, countries, numbers: themselves
 *
 * All without case. An item of a domain list is an A-label name (mail/domain.h).
 */
#ifndef POLICY_LIST_KEY_H
#define POLICY_LIST_KEY_H

#include "policy/list.h"
#include "util/limits.h"

/* Reads an item of a list of type t (not phrases, regexes, pairs) and gives its key, which lives in a.
 * False: note says why. note may hold a warning on success. */
bool list_key_item(enum list_type t, struct view item, struct arena *a, struct view *key_out,
	struct list_note *note);
/* "7" or "10-20" (negative ones too). */
bool list_key_range(struct view item, int64_t *low_out, int64_t *high_out);
/* Says that item does not suit a list of this kind. */
void list_key_unfit(struct list_note *note, struct view item, const char *kind);
void list_key_note_host_bits(struct list_note *note, struct view item, const struct cidr *net);

/* Walks the keys that a value of a list of type t could be found under. */
struct list_key_walk {
	enum list_type type;
	uint8_t buf[LIST_ITEM_MAX + 1]; /* a dot or the like, then the value in lower case */
	struct view next;               /* the next key, absent at the end */
	struct ip ip;
	int bits;
};
/* Copies what it needs. A value that no item can match has no keys. */
void list_key_start(struct list_key_walk *w, enum list_type t, struct view value);
bool list_key_next(struct list_key_walk *w, struct view *key_out); /* key lives until the next call */

#endif
