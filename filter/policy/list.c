/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/regex/automaton.h"
#include "policy/list/list_key.h"
#include "policy/list/list_nets.h"
#include "policy/list/list_pairs.h"
#include "policy/list/list_regexes.h"
#include "util/log.h"
#include "util/set.h"

struct range {
	int64_t low, high;
};

/* Only what its type needs is set. */
struct list {
	enum list_type type, pair[2];
	struct arena *arena; /* phrases as they were written, until the list is sealed; else room for a key */
	struct set *keys;
	struct list_nets *nets;
	struct list_pairs *pairs;
	struct list_regexes *regexes;
	struct range *range;
	struct view *phrase;
	size_t n, cap; /* of range or phrase */
	struct automaton *automaton;
};

static const char *const type_names[] = {"nets", "domains", "addresses", "words", "phrases",
	"regexes", "countries", "numbers", "pairs"};

const char *
list_type_name(enum list_type t)
{
	return type_names[t];
}

bool
list_type_parse(struct view name, enum list_type *out)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(*type_names); i++) {
		if (view_eq_str(name, type_names[i])) {
			*out = (enum list_type)i;
			return true;
		}
	}
	return false;
}

struct list *
list_new(enum list_type t, enum list_type first, enum list_type second)
{
	struct list *l = calloc(1, sizeof(*l));

	if (!l)
		log_die("out of memory");
	l->type = t;
	l->pair[0] = first;
	l->pair[1] = second;
	if (t == LIST_NETS)
		l->nets = list_nets_new();
	else if (t == LIST_PAIRS)
		l->pairs = list_pairs_new(first, second);
	else if (t == LIST_REGEXES)
		l->regexes = list_regexes_new();
	else if (t != LIST_PHRASES && t != LIST_NUMBERS)
		l->keys = set_new();
	return l;
}

void
list_free(struct list *l)
{
	if (!l)
		return;
	automaton_free(l->automaton);
	list_nets_free(l->nets);
	set_free(l->keys);
	list_pairs_free(l->pairs);
	list_regexes_free(l->regexes);
	free(l->range);
	free(l->phrase);
	arena_free(l->arena);
	free(l);
}

enum list_type
list_kind(const struct list *l)
{
	return l->type;
}

enum list_type
list_pair_kind(const struct list *l, int which)
{
	return l->pair[which];
}

size_t
list_count(const struct list *l)
{
	if (l->nets)
		return list_nets_count(l->nets);
	if (l->pairs)
		return list_pairs_count(l->pairs);
	if (l->regexes)
		return list_regexes_count(l->regexes);
	return l->keys ? set_count(l->keys) : l->n;
}

size_t
list_bytes(const struct list *l)
{
	size_t n = sizeof(*l);

	n += l->keys ? set_bytes(l->keys) : 0;
	n += l->nets ? list_nets_bytes(l->nets) : 0;
	n += l->pairs ? list_pairs_bytes(l->pairs) : 0;
	n += l->automaton ? automaton_bytes(l->automaton) : 0;
	n += l->range ? l->cap * sizeof(*l->range) : 0;
	n += l->regexes ? list_regexes_bytes(l->regexes) : 0;
	return n;
}

/* ---- items ---- */

static struct arena *
written(struct list *l)
{
	if (!l->arena)
		l->arena = arena_new();
	return l->arena;
}

static void *
room_for_one(struct list *l, void *items, size_t size)
{
	if (l->n < l->cap)
		return items;
	l->cap = l->cap ? l->cap * 2 : 4;
	items = reallocarray(items, l->cap, size);
	if (!items)
		log_die("out of memory");
	return items;
}

static bool
add_net(struct list *l, struct view item, struct list_note *note)
{
	struct cidr net;
	bool host_bits;

	if (!cidr_parse(item, &net, &host_bits)) {
		list_key_unfit(note, item, "nets");
		return false;
	}
	if (host_bits)
		list_key_note_host_bits(note, item, &net);
	list_nets_add(l->nets, &net);
	return true;
}

static bool
add_range(struct list *l, struct view item, struct list_note *note)
{
	struct range r;

	if (!list_key_range(item, &r.low, &r.high)) {
		list_key_unfit(note, item, "numbers");
		return false;
	}
	l->range = room_for_one(l, l->range, sizeof(*l->range));
	l->range[l->n++] = r;
	return true;
}

static bool
add_phrase(struct list *l, struct view item, struct list_note *note)
{
	if (item.n == 0 || item.n > LIST_ITEM_MAX) {
		list_key_unfit(note, item, "phrases");
		return false;
	}
	l->phrase = room_for_one(l, l->phrase, sizeof(*l->phrase));
	l->phrase[l->n++] = arena_copy(written(l), item);
	return true;
}

/* The key is copied: the room it was made in is used again. */
static bool
read_key(struct list *l, struct view item, struct view *key_out, struct list_note *note)
{
	if (l->arena)
		arena_reset(l->arena);
	return list_key_item(l->type, item, written(l), key_out, note);
}

static bool
add_key(struct list *l, struct view item, struct list_note *note)
{
	struct view key;

	if (!read_key(l, item, &key, note))
		return false;
	set_add(l->keys, key);
	return true;
}

bool
list_add(struct list *l, struct view item, struct view second, struct list_note *note)
{
	*note = (struct list_note){0};
	switch (l->type) {
	case LIST_NETS:
		return add_net(l, item, note);
	case LIST_NUMBERS:
		return add_range(l, item, note);
	case LIST_PHRASES:
		return add_phrase(l, item, note);
	case LIST_REGEXES:
		return list_regexes_add(l->regexes, item, note);
	case LIST_PAIRS:
		return list_pairs_add(l->pairs, item, second, note);
	default:
		return add_key(l, item, note);
	}
}

/* ---- removing ---- */

static bool
remove_net(struct list *l, struct view item)
{
	struct cidr net;
	bool host_bits;

	return cidr_parse(item, &net, &host_bits) && list_nets_remove(l->nets, &net);
}

/* Is item k the one that is written so? */
static bool
same_item(const struct list *l, size_t k, struct view item)
{
	struct range r;

	if (l->type == LIST_PHRASES)
		return view_eq_nocase(l->phrase[k], item);
	return list_key_range(item, &r.low, &r.high) && r.low == l->range[k].low &&
	       r.high == l->range[k].high;
}

static void
drop_item(struct list *l, size_t k)
{
	size_t last = --l->n;

	if (l->type == LIST_PHRASES)
		l->phrase[k] = l->phrase[last];
	else
		l->range[k] = l->range[last];
}

static bool
remove_items(struct list *l, struct view item)
{
	bool any = false;

	for (size_t k = l->n; k-- > 0;) {
		if (!same_item(l, k, item))
			continue;
		drop_item(l, k);
		any = true;
	}
	return any;
}

static bool
remove_key(struct list *l, struct view item)
{
	struct list_note note = {0};
	struct view key;

	return read_key(l, item, &key, &note) && set_remove(l->keys, key);
}

bool
list_remove(struct list *l, struct view item, struct view second)
{
	if (l->type == LIST_NETS)
		return remove_net(l, item);
	if (l->type == LIST_NUMBERS || l->type == LIST_PHRASES)
		return remove_items(l, item);
	if (l->regexes)
		return list_regexes_remove(l->regexes, item);
	if (l->type == LIST_PAIRS)
		return list_pairs_remove(l->pairs, item, second);
	return remove_key(l, item);
}

/* ---- sealing ---- */

static int
range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* Sorts the ranges and joins those that overlap, so that a look-up can halve. */
static void
seal_ranges(struct list *l)
{
	size_t kept = 0;

	qsort(l->range, l->n, sizeof(*l->range), range_cmp);
	for (size_t i = 1; i < l->n; i++) {
		if (l->range[i].low > l->range[kept].high)
			l->range[++kept] = l->range[i];
		else if (l->range[i].high > l->range[kept].high)
			l->range[kept].high = l->range[i].high;
	}
	l->n = kept + 1;
}

static bool
seal_phrases(struct list *l, struct list_note *note)
{
	l->automaton = automaton_new(l->phrase, NULL, l->n);
	if (!l->automaton)
		snprintf(note->text, sizeof(note->text), "too many phrases for one list");
	free(l->phrase);
	l->phrase = NULL;
	return l->automaton != NULL;
}

bool
list_seal(struct list *l, struct list_note *note)
{
	bool ok = true;

	*note = (struct list_note){0};
	if (l->type == LIST_NUMBERS && l->n)
		seal_ranges(l);
	if (l->type == LIST_PHRASES)
		ok = seal_phrases(l, note);
	if (l->keys)
		set_trim(l->keys);
	if (l->regexes)
		list_regexes_seal(l->regexes);
	arena_free(l->arena);
	l->arena = NULL;
	return ok;
}

/* ---- looking up ---- */

static bool
has_number(const struct list *l, int64_t number)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (number < l->range[mid].low)
			high = mid;
		else if (number > l->range[mid].high)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

static bool
has_key(const struct list *l, struct view text)
{
	struct list_key_walk w;
	struct view key;

	list_key_start(&w, l->type, text);
	while (list_key_next(&w, &key)) {
		if (set_has(l->keys, key))
			return true;
	}
	return false;
}

enum list_answer
list_has_text(const struct list *l, struct view text)
{
	int64_t low, high;
	struct ip ip;

	switch (l->type) {
	case LIST_NETS:
		return ip_parse(text, &ip) && list_nets_has(l->nets, &ip) ? LIST_YES : LIST_NO;
	case LIST_NUMBERS:
		return list_key_range(text, &low, &high) && low == high && has_number(l, low)
			       ? LIST_YES
			       : LIST_NO;
	case LIST_PHRASES:
	case LIST_REGEXES:
		return list_search(l, text);
	case LIST_PAIRS:
		return LIST_NO;
	default:
		return has_key(l, text) ? LIST_YES : LIST_NO;
	}
}

enum list_answer
list_has(const struct list *l, enum fact_type type, const struct fact_value *v)
{
	char text[32];

	switch (type) {
	case FACT_BOOL:
		return LIST_NO;
	case FACT_NUMBER:
	case FACT_DURATION:
	case FACT_SIZE:
		if (l->type == LIST_NUMBERS)
			return has_number(l, v->number) ? LIST_YES : LIST_NO;
		snprintf(text, sizeof(text), "%lld", (long long)v->number);
		return list_has_text(l, view_str(text));
	case FACT_IP:
		return list_has_ip(l, &v->ip) ? LIST_YES : LIST_NO;
	default:
		return list_has_text(l, v->text);
	}
}

bool
list_has_ip(const struct list *l, const struct ip *ip)
{
	return l->nets && list_nets_has(l->nets, ip);
}

bool
list_has_pair(const struct list *l, struct view first, struct view second)
{
	return l->pairs && list_pairs_has(l->pairs, first, second);
}

enum list_answer
list_search(const struct list *l, struct view text)
{
	if (l->regexes)
		return list_regexes_find(l->regexes, text);
	return l->automaton && automaton_find(l->automaton, text) ? LIST_YES : LIST_NO;
}

const struct regex *
list_regex(const struct list *l)
{
	return l->regexes ? list_regexes_only(l->regexes) : NULL;
}

uint64_t
list_overruns(const struct list *l)
{
	return l->regexes ? list_regexes_overruns(l->regexes, NULL) : 0;
}

struct view
list_overrun(const struct list *l)
{
	struct view most = VIEW("");

	if (l->regexes)
		list_regexes_overruns(l->regexes, &most);
	return most;
}
