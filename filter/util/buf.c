/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
}

/* Room for n more bytes and a NUL behind them, or false with the sticky `over`. */
static bool
room(struct buf *b, size_t n)
{
	size_t want = b->n + n, cap = b->cap ? b->cap : 256;
	char *p;

	if (b->over || n > b->max || want > b->max) {
		b->over = true;
		return false;
	}
	if (want < b->cap)
		return true;
	while (cap <= want)
		cap *= 2;
	p = realloc(b->p, cap);
	if (!p)
		log_die("out of memory (%zu bytes)", cap);
	b->p = p;
	b->cap = cap;
	return true;
}

void
buf_add(struct buf *b, struct view v)
{
	if (v.n == 0 || !room(b, v.n))
		return;
	memcpy(b->p + b->n, v.p, v.n);
	b->n += v.n;
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, view_str(s));
}

void
buf_byte(struct buf *b, char c)
{
	buf_add(b, view_of(&c, 1));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t left = b->cap - b->n; /* mostly it fits at once */
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(left ? b->p + b->n : NULL, left, fmt, ap);
	va_end(ap);
	if (n < 0 || !room(b, (size_t)n))
		return;
	if ((size_t)n >= left) {
		va_start(ap, fmt);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	b->n += (size_t)n;
}

void
buf_take(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}
