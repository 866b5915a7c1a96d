/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/geo_metadata.h"

static const char mark[] = "\xab\xcd\xefMaxMind.com"; /* the metadata follows the last one */

enum type { EXTENDED, POINTER, TEXT, DOUBLE, BYTES, UINT16, UINT32, MAP, INT32, UINT64, UINT128, ARRAY,
	BOOL = 14, FLOAT };

/* Sticky: after the first error every read gives 0. */
struct meta {
	struct view bytes;
	size_t at;
	bool bad;
};

struct head {
	enum type type;
	size_t size; /* bytes, items or pairs; of a pointer: its target */
};

static size_t
number(struct meta *m, size_t bytes)
{
	size_t n = 0;

	m->bad |= bytes > m->bytes.n - m->at;
	for (size_t i = 0; i < bytes && !m->bad; i++)
		n = n << 8 | (uint8_t)m->bytes.p[m->at++];
	return n;
}

/* Control byte: three bits of type, five of size; 29 to 31 say that 1 to 3 bytes of size follow. In a
 * pointer two bits say how many bytes follow, three begin the target. */
static struct head
head(struct meta *m)
{
	static const size_t above[] = {0, 2048, 526336, 0}, size_above[] = {29, 285, 65821};
	size_t control = number(m, 1), size = control & 31, low = control >> 3 & 3;
	struct head h = {.type = (enum type)(control >> 5)};

	if (h.type == POINTER) {
		h.size = (low == 3 ? 0 : (control & 7) << 8 * (low + 1)) + above[low];
		h.size += number(m, low + 1);
		return h;
	}
	if (h.type == EXTENDED)
		h.type = (enum type)(7 + number(m, 1));
	h.size = size < 29 ? size : size_above[size - 29] + number(m, size - 28);
	return h;
}

/* What follows the head of anything but a container. */
static void
scalar(struct meta *m, struct head h)
{
	static const struct {
		uint8_t min, max;
	} sizes[] = {[DOUBLE] = {8, 8}, [UINT16] = {0, 2}, [UINT32] = {0, 4}, [INT32] = {0, 4},
		[UINT64] = {0, 8}, [UINT128] = {0, 16}, [FLOAT] = {4, 4}};

	if (h.type == BOOL)
		return;
	if (h.type == POINTER || h.type > FLOAT ||
		(h.type != TEXT && h.type != BYTES && (!sizes[h.type].max || h.size < sizes[h.type].min ||
							      h.size > sizes[h.type].max)) ||
		h.size > m->bytes.n - m->at)
		m->bad = true;
	else
		m->at += h.size;
}

/* A scalar, or a pointer to one; what it is. */
static enum type
pointed(struct meta *m, struct head h)
{
	struct meta there = {.bytes = m->bytes, .at = h.size};

	if (h.type != POINTER) {
		scalar(m, h);
		return h.type;
	}
	there.bad = there.at >= there.bytes.n;
	h = head(&there);
	scalar(&there, h);
	m->bad |= there.bad;
	return h.type;
}

static void
texts(struct meta *m, size_t n)
{
	for (size_t i = 0; i < n && !m->bad; i++)
		m->bad |= pointed(m, head(m)) != TEXT;
}

/* What stands at a place that is plain: a scalar, or a pointer to one. */
static struct view
content(struct meta m)
{
	struct head h = head(&m);

	if (h.type == POINTER) {
		m.at = h.size;
		h = head(&m);
	}
	return h.type == BOOL ? (struct view){NULL, 0} : view_of(m.bytes.p + m.at, h.size);
}

/* libmaxminddb computes the size of its tree in 32 bits. */
static bool
is_vast(struct view count)
{
	struct meta m = {.bytes = count};

	return count.n > 4 || number(&m, count.n) > GEO_NODES_MAX;
}

/* What is behind the last mark; absent if there is none. */
static struct view
section(struct view tail)
{
	struct view rest = {NULL, 0};
	const char *p;

	while ((p = memmem(tail.p, tail.n, mark, sizeof(mark) - 1)))
		rest = tail = view_skip(tail, (size_t)(p - tail.p) + sizeof(mark) - 1);
	return rest;
}

bool
geo_metadata_is_plain(struct view tail)
{
	struct meta m = {.bytes = section(tail)};
	struct head top = head(&m);

	m.bad |= top.type != MAP;
	for (size_t i = 0; i < top.size && !m.bad; i++) {
		struct meta key = m, value;
		struct head h;

		texts(&m, 1);
		value = m;
		h = head(&m);
		if (h.type == MAP || h.type == ARRAY)
			texts(&m, h.type == MAP ? 2 * h.size : h.size);
		else
			pointed(&m, h);
		if (!m.bad && h.type != MAP && h.type != ARRAY && view_is(content(key), "node_count"))
			m.bad = is_vast(content(value));
	}
	return !m.bad;
}
