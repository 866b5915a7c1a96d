/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/list/list_pairs.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/list/list_key.h"
#include "util/log.h"
#include "util/set.h"

struct list_pairs {
	enum list_type type[2];
	struct set *pairs;
	struct set *half[2]; /* the keys of either side; one that was removed may stay: it only
				saves work */
};

struct list_pairs *
list_pairs_new(enum list_type first, enum list_type second)
{
	struct list_pairs *l = calloc(1, sizeof(*l));

	if (!l)
		log_die("out of memory");
	l->type[0] = first;
	l->type[1] = second;
	l->pairs = set_new();
	l->half[0] = set_new();
	l->half[1] = set_new();
	return l;
}

void
list_pairs_free(struct list_pairs *l)
{
	if (!l)
		return;
	set_free(l->pairs);
	set_free(l->half[0]);
	set_free(l->half[1]);
	free(l);
}

size_t
list_pairs_count(const struct list_pairs *l)
{
	return set_count(l->pairs);
}

size_t
list_pairs_bytes(const struct list_pairs *l)
{
	return sizeof(*l) + set_bytes(l->pairs) + set_bytes(l->half[0]) + set_bytes(l->half[1]);
}

enum { PAIR_KEY_MAX = 2 * (LIST_ITEM_MAX + 1) + 2 };

/* The first key's length keeps "ab","c" and "a","bc" apart. Absent if they are too long. */
static struct view
pair_key(struct view first, struct view second, uint8_t out[static PAIR_KEY_MAX])
{
	if (2 + first.n + second.n > PAIR_KEY_MAX)
		return (struct view){NULL, 0};
	out[0] = (uint8_t)(first.n >> 8);
	out[1] = (uint8_t)first.n;
	memcpy(out + 2, first.p, first.n);
	memcpy(out + 2 + first.n, second.p, second.n);
	return view_of(out, 2 + first.n + second.n);
}

/* Reads both sides; the key is absent if they do not fit. half[] live in a. */
static struct view
read_pair(const struct list_pairs *l, const struct view item[2], struct arena *a,
	struct view half[2], uint8_t buf[static PAIR_KEY_MAX], struct list_note *note)
{
	struct view key;

	for (int i = 0; i < 2; i++) {
		if (!list_key_item(l->type[i], item[i], a, &half[i], note))
			return (struct view){NULL, 0};
	}
	key = pair_key(half[0], half[1], buf);
	if (!key.p)
		list_key_unfit(note, item[0], "pairs");
	return key;
}

bool
list_pairs_add(struct list_pairs *l, struct view first, struct view second, struct list_note *note)
{
	struct view item[2] = {first, second}, half[2], key;
	uint8_t buf[PAIR_KEY_MAX];
	struct arena *a;

	if (!second.p) {
		list_key_unfit(note, first, "pairs");
		snprintf(note->hint, sizeof(note->hint), "write both, of %s and of %s",
			list_type_name(l->type[0]), list_type_name(l->type[1]));
		return false;
	}
	a = arena_new();
	key = read_pair(l, item, a, half, buf, note);
	if (key.p) {
		set_add(l->pairs, key);
		set_add(l->half[0], half[0]);
		set_add(l->half[1], half[1]);
	}
	arena_free(a);
	return key.p != NULL;
}

bool
list_pairs_remove(struct list_pairs *l, struct view first, struct view second)
{
	struct view item[2] = {first, second}, half[2], key;
	struct list_note note = {0};
	uint8_t buf[PAIR_KEY_MAX];
	struct arena *a = arena_new();

	key = read_pair(l, item, a, half, buf, &note);
	arena_free(a);
	return key.p && set_remove(l->pairs, key);
}

static bool
has_first(const struct list_pairs *l, struct view first, struct view second)
{
	struct list_key_walk w;
	uint8_t buf[PAIR_KEY_MAX];
	struct view other, key;

	list_key_start(&w, l->type[1], second);
	while (list_key_next(&w, &other)) {
		if (!set_has(l->half[1], other))
			continue;
		key = pair_key(first, other, buf);
		if (key.p && set_has(l->pairs, key))
			return true;
	}
	return false;
}

bool
list_pairs_has(const struct list_pairs *l, struct view first, struct view second)
{
	struct list_key_walk w;
	struct view key;

	list_key_start(&w, l->type[0], first);
	while (list_key_next(&w, &key)) {
		if (set_has(l->half[0], key) && has_first(l, key, second))
			return true;
	}
	return false;
}
