/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/set.h"

#include <stdlib.h>

#include "util/log.h"
#include "util/map.h"

/* Open addressing, linear probing. A key stands in the text behind its length, in two bytes. */
struct place {
	uint32_t tag; /* half of its hash: tells other keys apart without a look at the text */
	uint32_t at;  /* of the length in the text; FREE, GONE */
};
enum { FREE = 0, GONE = 1, FIRST = 2, LENGTH = 2 };

struct set {
	char *text;
	size_t text_n, text_cap;
	struct place *place;
	size_t size, used, live; /* used counts the gone ones too */
	uint64_t lengths; /* of the keys, modulo 64: most of what is not there shows by its length */
};

struct set *
set_new(void)
{
	struct set *s = calloc(1, sizeof(*s));

	if (!s)
		log_die("out of memory");
	s->text_n = FIRST;
	return s;
}

void
set_free(struct set *s)
{
	if (!s)
		return;
	free(s->text);
	free(s->place);
	free(s);
}

static struct view
key_at(const struct set *s, uint32_t at)
{
	const unsigned char *p = (const unsigned char *)s->text + at;

	return view_of(p + LENGTH, (size_t)p[0] << 8 | p[1]);
}

/* The place that holds key, or the free one where it belongs. The table has a free place always. */
static struct place *
find(const struct set *s, struct view key, uint32_t tag)
{
	for (size_t i = tag;; i++) {
		struct place *p = &s->place[i & (s->size - 1)];

		if (p->at == FREE || (p->tag == tag && p->at != GONE && view_eq(key_at(s, p->at), key)))
			return p;
	}
}

static void
resize(struct set *s, size_t size)
{
	struct place *old = s->place;

	s->place = calloc(size, sizeof(*s->place));
	if (!s->place)
		log_die("out of memory (%zu entries)", size);
	for (size_t i = 0; i < s->size; i++) {
		size_t to = old[i].tag;

		if (old[i].at < FIRST)
			continue;
		while (s->place[to & (size - 1)].at != FREE)
			to++;
		s->place[to & (size - 1)] = old[i];
	}
	free(old);
	s->size = size;
	s->used = s->live;
}

static uint32_t
append(struct set *s, struct view key)
{
	size_t at = s->text_n, need = at + LENGTH + key.n;

	if (key.n > UINT16_MAX || need > UINT32_MAX)
		log_die("a set of more than 4 GB");
	if (need > s->text_cap) {
		s->text_cap = need * 3 / 2 + 64;
		s->text = realloc(s->text, s->text_cap);
		if (!s->text)
			log_die("out of memory");
	}
	s->text[at] = (char)(key.n >> 8);
	s->text[at + 1] = (char)key.n;
	if (key.n)
		memcpy(s->text + at + LENGTH, key.p, key.n);
	s->text_n = need;
	return (uint32_t)at;
}

bool
set_add(struct set *s, struct view key)
{
	uint32_t tag = (uint32_t)map_hash(key);
	struct place *p;

	if (s->used * 4 >= s->size * 3)
		resize(s, s->live * 2 < s->size ? s->size : s->size ? s->size * 2 : 8);
	p = find(s, key, tag);
	if (p->at != FREE)
		return false;
	*p = (struct place){tag, append(s, key)};
	s->lengths |= 1ULL << key.n % 64;
	s->used++;
	s->live++;
	return true;
}

bool
set_remove(struct set *s, struct view key)
{
	struct place *p;

	if (s->live == 0)
		return false;
	p = find(s, key, (uint32_t)map_hash(key));
	if (p->at == FREE)
		return false;
	p->at = GONE;
	s->live--;
	return true;
}

bool
set_has(const struct set *s, struct view key)
{
	return s->live && s->lengths >> key.n % 64 & 1 && find(s, key, (uint32_t)map_hash(key))->at != FREE;
}

size_t
set_count(const struct set *s)
{
	return s->live;
}

void
set_trim(struct set *s)
{
	char *text = s->text ? realloc(s->text, s->text_n) : NULL;

	if (!text)
		return;
	s->text = text;
	s->text_cap = s->text_n;
}

size_t
set_bytes(const struct set *s)
{
	return sizeof(*s) + s->text_cap + s->size * sizeof(*s->place);
}
