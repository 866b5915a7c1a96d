/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_page.h"

/* Room for the cursor stays free in front of the records. */
enum { LENGTH = 2, FRONT = LENGTH + STORE_KEY_MAX, EXPIRES = 8 };

static void
put(char *p, uint64_t n, size_t bytes)
{
	for (size_t i = bytes; i-- > 0; n >>= 8)
		p[i] = (char)(n & 0xff);
}

static char *
put_bytes(char *p, struct view v)
{
	put(p, v.n, LENGTH);
	if (v.n)
		memcpy(p + LENGTH, v.p, v.n);
	return p + LENGTH + v.n;
}

void
store_page_init(struct store_page *p)
{
	p->n = FRONT;
}

bool
store_page_add(struct store_page *p, const struct store_page_record *r)
{
	size_t n = LENGTH + r->key.n + LENGTH + r->value.n + EXPIRES;
	char *at = p->bytes + p->n;

	if (n > sizeof(p->bytes) - p->n || r->key.n > STORE_KEY_MAX || r->value.n > STORE_VALUE_MAX)
		return false;
	at = put_bytes(at, r->key);
	at = put_bytes(at, r->value);
	put(at, (uint64_t)r->expires, EXPIRES);
	p->n += n;
	return true;
}

struct view
store_page_end(struct store_page *p, struct view cursor)
{
	struct view v = view_head(cursor, STORE_KEY_MAX);
	char *start = p->bytes + FRONT - LENGTH - v.n;

	put_bytes(start, v);
	return view_of(start, (size_t)(p->bytes + p->n - start));
}

static uint64_t
number(struct view v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n = n << 8 | (uint8_t)v.p[i];
	return n;
}

static bool
take(struct view *rest, size_t n, struct view *out)
{
	if (n > rest->n)
		return false;
	*out = view_head(*rest, n);
	*rest = view_skip(*rest, n);
	return true;
}

static bool
take_bytes(struct view *rest, struct view *out)
{
	struct view length;

	return take(rest, LENGTH, &length) && take(rest, (size_t)number(length), out);
}

bool
store_page_cursor(struct view *page, struct view *cursor_out)
{
	return take_bytes(page, cursor_out) && cursor_out->n <= STORE_KEY_MAX;
}

bool
store_page_next(struct view *page, struct store_page_record *out)
{
	struct view rest = *page, expires;

	if (!take_bytes(&rest, &out->key) || !take_bytes(&rest, &out->value) ||
		!take(&rest, EXPIRES, &expires))
		return false;
	out->expires = (int64_t)number(expires);
	*page = rest;
	return true;
}
