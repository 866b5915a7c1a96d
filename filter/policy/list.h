/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list -- the named lists of the rule language, each type with the look-up that suits it.
 *
 * nets: a prefix trie a family; domains: a hash of the name and of each parent ('.x.org' = x.org and all
 * below it); addresses: a hash ('@x.org' = any user there); words, countries: a hash without case;
 * numbers: ranges; phrases: Aho-Corasick without case; regexes: PCRE2 JIT with limits; pairs: a hash of
 * both. Built once, then immutable and shared by threads.
 */
#ifndef POLICY_LIST_H
#define POLICY_LIST_H

#include "policy/fact.h"

enum list_type {
	LIST_NETS,
	LIST_DOMAINS,
	LIST_ADDRESSES,
	LIST_WORDS,
	LIST_PHRASES,
	LIST_REGEXES,
	LIST_COUNTRIES,
	LIST_NUMBERS,
	LIST_PAIRS
};
const char *list_type_name(enum list_type t); /* "nets" ... */
bool list_type_parse(struct view name, enum list_type *out);

struct list;
struct regex;

/* first and second are the types of a pair's items; ignored for other types. gives. */
struct list *list_new(enum list_type t, enum list_type first, enum list_type second);
void list_free(struct list *l);
enum list_type list_kind(const struct list *l);
enum list_type list_pair_kind(const struct list *l, int which); /* 0 or 1 */
size_t list_count(const struct list *l);
size_t list_bytes(const struct list *l); /* the memory that it takes */

/* What is wrong with an item, or how it was taken. */
struct list_note {
	bool warning;     /* the item was taken all the same */
	size_t at;        /* offset in the item where it went wrong */
	char text[160];   /* the message, "" = none */
	char hint[160];   /* the remedy, "" = none */
};
/* Adds one item (the text of one word, phrase, /regex/flags, "10-20"; of a pair: both, given as item and
 * second). False if it does not fit; note says why. */
bool list_add(struct list *l, struct view item, struct view second, struct list_note *note);
/* Removes an item written the same way; false if it was not there. */
bool list_remove(struct list *l, struct view item, struct view second);
/* Call once after the last list_add and list_remove: builds what look-ups need. False: note says why. */
bool list_seal(struct list *l, struct list_note *note);

enum list_answer { LIST_NO, LIST_YES, LIST_LIMIT }; /* LIST_LIMIT: a regex ran into its limits: unknown */

/* Is the value in the list? The value's type must suit the list's. */
enum list_answer list_has(const struct list *l, enum fact_type type, const struct fact_value *v);
enum list_answer list_has_text(const struct list *l, struct view text); /* text form of any value */
bool list_has_ip(const struct list *l, const struct ip *ip);
bool list_has_pair(const struct list *l, struct view first, struct view second);
/* The expression of a list that holds only one, else NULL. */
const struct regex *list_regex(const struct list *l);
/* How often expressions ran into their limits, and the one that did so most often ("" = none). */
uint64_t list_overruns(const struct list *l);
struct view list_overrun(const struct list *l);
/* phrases and regexes: does the text contain or match any of them? */
enum list_answer list_search(const struct list *l, struct view text);

#endif
