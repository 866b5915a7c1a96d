/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/map.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/log.h"
#include "util/rand.h"

/* Open addressing with linear probing; `gone` marks a removed place so that probing goes on past it. */
struct place {
	uint64_t hash;
	char *key; /* NULL = free */
	size_t n;
	void *value; /* NULL with a key = gone */
};

struct map {
	struct place *place;
	size_t size, used, live; /* used counts the gone ones too */
};

static uint64_t
rotl(uint64_t x, int b)
{
	return (x << b) | (x >> (64 - b));
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1], v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0], v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1], v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2], v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static uint64_t sip_key[2]; /* written once, under key_once */

static void
make_key(void)
{
	rand_bytes(sip_key, sizeof(sip_key));
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
uint64_t
map_hash(struct view in)
{
	uint64_t v[4], m, tail = (uint64_t)in.n << 56;
	size_t whole = in.n / 8 * 8;

	pthread_once(&key_once, make_key);
	v[0] = sip_key[0] ^ 0x736f6d6570736575ULL;
	v[1] = sip_key[1] ^ 0x646f72616e646f6dULL;
	v[2] = sip_key[0] ^ 0x6c7967656e657261ULL;
	v[3] = sip_key[1] ^ 0x7465646279746573ULL;
	for (size_t i = 0; i < whole; i += 8) {
		memcpy(&m, in.p + i, 8);
		v[3] ^= m;
		sip_round(v), sip_round(v);
		v[0] ^= m;
	}
	for (size_t i = whole; i < in.n; i++)
		tail |= (uint64_t)(uint8_t)in.p[i] << (8 * (i - whole));
	v[3] ^= tail;
	sip_round(v), sip_round(v);
	v[0] ^= tail;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *
map_new(void)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		log_die("out of memory");
	return m;
}

void
map_free(struct map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->size; i++)
		free(m->place[i].key);
	free(m->place);
	free(m);
}

/* The place that holds key, or the free place where it belongs. The table has a free place always. */
static struct place *
find(const struct map *m, struct view key, uint64_t hash)
{
	size_t at = hash & (m->size - 1);

	for (;; at = (at + 1) & (m->size - 1)) {
		struct place *p = &m->place[at];

		if (!p->key)
			return p;
		if (p->hash == hash && p->value && view_eq(view_of(p->key, p->n), key))
			return p;
	}
}

static void
grow(struct map *m)
{
	struct map bigger = {.size = m->live * 4 < 16 ? 16 : m->size};

	while (bigger.size < m->live * 3 + 16)
		bigger.size *= 2;
	bigger.place = calloc(bigger.size, sizeof(*bigger.place));
	if (!bigger.place)
		log_die("out of memory (%zu entries)", bigger.size);
	for (size_t i = 0; i < m->size; i++) {
		struct place *p = &m->place[i];

		if (p->key && p->value)
			*find(&bigger, view_of(p->key, p->n), p->hash) = *p;
		else
			free(p->key);
	}
	free(m->place);
	m->place = bigger.place;
	m->size = bigger.size;
	m->used = m->live;
}

void *
map_get(const struct map *m, struct view key)
{
	struct place *p;

	if (m->live == 0)
		return NULL;
	p = find(m, key, map_hash(key));
	return p->key ? p->value : NULL;
}

void *
map_put(struct map *m, struct view key, void *value)
{
	uint64_t hash = map_hash(key);
	struct place *p;
	void *old;

	if (m->used * 4 >= m->size * 3)
		grow(m);
	p = find(m, key, hash);
	if (p->key) {
		old = p->value;
		p->value = value;
		return old;
	}
	p->key = malloc(key.n + 1);
	if (!p->key)
		log_die("out of memory");
	if (key.n)
		memcpy(p->key, key.p, key.n);
	p->n = key.n;
	p->hash = hash;
	p->value = value;
	m->used++;
	m->live++;
	return NULL;
}

void *
map_remove(struct map *m, struct view key)
{
	struct place *p;
	void *old;

	if (m->live == 0)
		return NULL;
	p = find(m, key, map_hash(key));
	if (!p->key)
		return NULL;
	old = p->value;
	p->value = NULL;
	m->live--;
	return old;
}

size_t
map_count(const struct map *m)
{
	return m->live;
}

bool
map_next(const struct map *m, size_t *at, struct view *key_out, void **value_out)
{
	for (; *at < m->size; (*at)++) {
		const struct place *p = &m->place[*at];

		if (!p->key || !p->value)
			continue;
		*key_out = view_of(p->key, p->n);
		*value_out = p->value;
		(*at)++;
		return true;
	}
	return false;
}
