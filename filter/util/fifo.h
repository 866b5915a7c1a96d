/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fifo -- bytes that go in at one end and come out at the other, up to a ceiling.
 *
 * An empty one has no memory: ten thousand idle connections have ten thousand empty ones. Taking out in
 * small pieces costs time in proportion to the bytes, not to the pieces.
 */
#ifndef UTIL_FIFO_H
#define UTIL_FIFO_H

#include "util/view.h"

struct fifo {
	char *p;
	uint32_t at, n, cap, max; /* n bytes from p + at */
};

void fifo_init(struct fifo *f, uint32_t max);
void fifo_done(struct fifo *f); /* empty, and usable again */

/* False: that would pass the ceiling, and nothing was put. */
bool fifo_put(struct fifo *f, struct view v);
/* All that is in it; valid until it is changed. */
struct view fifo_view(const struct fifo *f);
/* Drops the first n bytes, or all if there are fewer. */
void fifo_take(struct fifo *f, size_t n);

static inline size_t
fifo_room(const struct fifo *f)
{
	return f->max - f->n;
}

#endif
