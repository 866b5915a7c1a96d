/* SPDX-License-Identifier: BSD-2-Clause
 *
 * buf -- bytes that grow up to a ceiling.
 *
 * A buffer is born with its ceiling. What would pass it is dropped whole and `over` stays true: the
 * caller tests once, at the end. Memory is the heap's; buf_done gives it back.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include "util/view.h"

struct buf {
	char *p;
	size_t n, cap, max;
	bool over;
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);
void buf_reset(struct buf *b); /* empty again, memory kept, `over` cleared */
void buf_add(struct buf *b, struct view v);
void buf_str(struct buf *b, const char *s);
void buf_byte(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n bytes. */
void buf_take(struct buf *b, size_t n);

static inline struct view
buf_view(const struct buf *b)
{
	return (struct view){b->p ? b->p : "", b->n};
}

#endif
