/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/learned_record.h"

enum { HEAD = 9 };

struct view
learned_record_write(const struct learned_record *r, struct arena *a)
{
	char *out = arena_alloc(a, STORE_VALUE_MAX);
	size_t n = HEAD;

	out[0] = r->mail == STANDING_HAM ? 'h' : 's';
	for (size_t i = 0; i < 8; i++)
		out[1 + i] = (char)(r->when >> (56 - 8 * i) & 0xff);
	for (size_t i = 0; i < r->n; i++) {
		if (r->key[i].n > STORE_VALUE_MAX - n - 2)
			continue;
		out[n++] = (char)(r->key[i].n >> 8);
		out[n++] = (char)(r->key[i].n & 0xff);
		memcpy(out + n, r->key[i].p, r->key[i].n);
		n += r->key[i].n;
	}
	return view_of(out, n);
}

static bool
take_key(struct view *rest, struct view *out)
{
	size_t n;

	if (rest->n < 2)
		return false;
	n = (size_t)(uint8_t)rest->p[0] << 8 | (uint8_t)rest->p[1];
	if (n == 0 || n > STORE_KEY_MAX || n > rest->n - 2)
		return false;
	*out = view_of(rest->p + 2, n);
	*rest = view_of(rest->p + 2 + n, rest->n - 2 - n);
	return true;
}

bool
learned_record_read(struct view v, struct learned_record *out)
{
	struct learned_record r = {.n = 0};
	struct view rest;
	uint64_t when = 0;

	if (v.n < HEAD || (v.p[0] != 'h' && v.p[0] != 's'))
		return false;
	r.mail = v.p[0] == 'h' ? STANDING_HAM : STANDING_SPAM;
	for (size_t i = 0; i < 8; i++)
		when = when << 8 | (uint8_t)v.p[1 + i];
	r.when = (int64_t)when;
	rest = view_of(v.p + HEAD, v.n - HEAD);
	while (rest.n)
		if (r.n == STANDING_NAMES_MAX || !take_key(&rest, &r.key[r.n++]))
			return false;
	if (r.when < 0)
		return false;
	*out = r;
	return true;
}
