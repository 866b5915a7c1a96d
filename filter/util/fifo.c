/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/fifo.h"

#include <stdlib.h>

#include "util/log.h"

enum { FIRST = 256 };

void
fifo_init(struct fifo *f, uint32_t max)
{
	*f = (struct fifo){.max = max};
}

void
fifo_done(struct fifo *f)
{
	free(f->p);
	fifo_init(f, f->max);
}

struct view
fifo_view(const struct fifo *f)
{
	return f->n ? view_of(f->p + f->at, f->n) : VIEW("");
}

bool
fifo_put(struct fifo *f, struct view v)
{
	size_t want;

	if (v.n > fifo_room(f))
		return false;
	if (v.n == 0)
		return true;
	want = (size_t)f->at + f->n + v.n;
	if (want > f->cap) {
		size_t cap = f->cap ? f->cap : FIRST;

		while (cap < want)
			cap *= 2;
		f->p = realloc(f->p, cap);
		if (!f->p || cap > UINT32_MAX)
			log_die("out of memory (%zu bytes)", cap);
		f->cap = (uint32_t)cap;
	}
	memcpy(f->p + f->at + f->n, v.p, v.n);
	f->n += (uint32_t)v.n;
	return true;
}

void
fifo_take(struct fifo *f, size_t n)
{
	if (n >= f->n) {
		fifo_done(f);
		return;
	}
	f->at += (uint32_t)n;
	f->n -= (uint32_t)n;
	/* What is left moves to the front when at least as much was taken: so moving costs no more than
	 * taking, and the two places do not overlap. */
	if (f->at >= f->n) {
		memcpy(f->p, f->p + f->at, f->n);
		f->at = 0;
	}
}
