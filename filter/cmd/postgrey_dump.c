/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/postgrey_dump.h"

enum { SHA1_HEX = 40 };
static const uint64_t last_second = (uint64_t)1 << 40; /* seconds since 1970, far from any overflow */

/* ---- lines of db_dump ---- */

static int
hex_digit(char c)
{
	return view_is_digit(c) ? c - '0' : view_lower(c) >= 'a' && view_lower(c) <= 'f' ?
		view_lower(c) - 'a' + 10 : -1;
}

/* The byte that stands at the front of *v, which is not empty; -1 if what stands there is none. */
static int
take_byte(struct view *v)
{
	int high, low;

	if (v->p[0] != '\\') {
		*v = view_skip(*v, 1);
		return (uint8_t)v->p[-1];
	}
	if (v->n >= 2 && v->p[1] == '\\') {
		*v = view_skip(*v, 2);
		return '\\';
	}
	high = v->n >= 3 ? hex_digit(v->p[1]) : -1;
	low = v->n >= 3 ? hex_digit(v->p[2]) : -1;
	*v = view_skip(*v, 3);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* False: there is a wrong escape. What is longer than room is cut, and *n_out is room. */
static bool
unescape(struct view v, char *out, size_t room, size_t *n_out)
{
	size_t n = 0;

	while (v.n) {
		int c = take_byte(&v);

		if (c < 0)
			return false;
		if (n < room)
			out[n++] = (char)c;
	}
	*n_out = n;
	return true;
}

/* ---- records of postgrey ---- */

static bool
take_number(struct view *rest, int64_t *out)
{
	struct view text;
	uint64_t n;

	if (!view_split(rest, ',', &text) || !view_number(text, last_second, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

/* "SENDER/RECIPIENT": both may have "/" in the local part, so the one to split at is the first after the
 * sender's domain, which is after the last "@" but one. Without one the sender is empty or a bare word. */
static bool
split_addresses(struct view both, struct postgrey_record *out)
{
	struct view to_last = view_head(both, view_rfind(both, '@'));
	size_t at = to_last.n < both.n ? view_rfind(to_last, '@') : to_last.n, slash;

	at = at < to_last.n ? at : 0;
	slash = at + view_find(view_skip(both, at), '/');
	if (slash >= both.n)
		return false;
	out->sender = view_head(both, slash);
	out->recipient = view_skip(both, slash + 1);
	return out->recipient.n > 0;
}

static enum postgrey_event
read_triplet(struct view key, struct view value, struct postgrey_record *out)
{
	size_t slash = view_find(key, '/');

	if (!ip_parse(view_head(key, slash), &out->net) || !split_addresses(view_skip(key, slash + 1), out))
		return POSTGREY_ODD;
	if (!take_number(&value, &out->first) || !take_number(&value, &out->last) || out->first > out->last)
		return POSTGREY_ODD;
	return POSTGREY_TRIPLET;
}

static bool
is_digest(struct view key)
{
	for (size_t i = 0; i < key.n; i++)
		if (hex_digit(key.p[i]) < 0)
			return false;
	return key.n == SHA1_HEX;
}

static enum postgrey_event
read_record(struct view key, struct view value, struct postgrey_record *out)
{
	int64_t count;

	*out = (struct postgrey_record){.count = 0};
	if (key.n == POSTGREY_KEY_MAX || value.n == POSTGREY_VALUE_MAX) /* cut */
		return POSTGREY_ODD;
	if (is_digest(key))
		return POSTGREY_HASHED;
	if (view_find(key, '/') < key.n)
		return read_triplet(key, value, out);
	if (!ip_parse(key, &out->net) || !take_number(&value, &count) || !take_number(&value, &out->last))
		return POSTGREY_ODD;
	out->count = (uint64_t)count;
	return POSTGREY_CLIENT;
}

/* ---- the text ---- */

void
postgrey_dump_init(struct postgrey_dump *d)
{
	d->state = POSTGREY_START;
	d->n = 0;
}

bool
postgrey_dump_is_whole(const struct postgrey_dump *d)
{
	return d->state == POSTGREY_START;
}

static enum postgrey_event
broken(struct postgrey_dump *d)
{
	d->state = POSTGREY_BROKEN;
	return POSTGREY_BAD;
}

static enum postgrey_event
header(struct postgrey_dump *d, struct view line)
{
	if (d->state == POSTGREY_START) {
		d->state = POSTGREY_HEADER;
		d->printed = false;
		return view_eq_str(line, "VERSION=3") ? POSTGREY_MORE : broken(d);
	}
	if (view_eq_str(line, "format=print"))
		d->printed = true;
	if (view_eq_str(line, "HEADER=END")) {
		d->state = POSTGREY_KEY;
		return d->printed ? POSTGREY_MORE : broken(d);
	}
	return view_find(line, '=') < line.n ? POSTGREY_MORE : broken(d);
}

enum postgrey_event
postgrey_dump_line(struct postgrey_dump *d, struct view line, struct postgrey_record *out)
{
	size_t n;

	if (d->state == POSTGREY_START || d->state == POSTGREY_HEADER)
		return header(d, line);
	if (d->state == POSTGREY_KEY && view_eq_str(line, "DATA=END")) {
		d->state = POSTGREY_START;
		return POSTGREY_MORE;
	}
	if (d->state == POSTGREY_BROKEN || line.n == 0 || line.p[0] != ' ')
		return broken(d);
	line = view_skip(line, 1);
	if (d->state == POSTGREY_KEY) {
		d->state = POSTGREY_VALUE;
		return unescape(line, d->key, sizeof(d->key), &d->n) ? POSTGREY_MORE : broken(d);
	}
	d->state = POSTGREY_KEY;
	if (!unescape(line, d->value, sizeof(d->value), &n))
		return broken(d);
	return read_record(view_of(d->key, d->n), view_of(d->value, n), out);
}
