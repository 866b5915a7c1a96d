/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/log.h"

/* Blocks grow with what is in them: thousands of idle sessions have arenas, and little in them. */
enum { FIRST = 960, BLOCK = 8192, ALIGN = 16 };

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(ALIGN) char data[];
};

struct hook {
	struct hook *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct block *blocks; /* allocations come from the first; one is kept over a reset; NULL = none */
	struct hook *hooks;
	size_t used;
};

static struct block *
block_new(size_t size)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (!b)
		log_die("out of memory (%zu bytes)", size);
	b->next = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		log_die("out of memory");
	return a;
}

/* All but one of this size. */
static void
drop_blocks(struct arena *a, size_t size)
{
	struct block *kept = NULL, *next;

	for (struct block *b = a->blocks; b; b = next) {
		next = b->next;
		if (kept || b->size != size) {
			free(b);
			continue;
		}
		kept = b;
		kept->next = NULL;
		kept->used = 0;
	}
	a->blocks = kept;
}

/* A block with room for n bytes. What is large has one to itself, so that the rest of the first is used. */
static struct block *
block_for(struct arena *a, size_t n)
{
	struct block *first = a->blocks, *b;
	size_t size = a->used / 2;

	if (first && first->size - first->used >= n)
		return first;
	size = size < FIRST ? FIRST : size < BLOCK ? size : BLOCK;
	b = block_new(n > size / 2 ? n : size);
	if (first && n > size / 2) {
		b->next = first->next;
		first->next = b;
	} else {
		b->next = first;
		a->blocks = b;
	}
	return b;
}

void
arena_reset(struct arena *a)
{
	struct hook *h = a->hooks;

	a->hooks = NULL;
	for (; h; h = h->next)
		h->fn(h->arg);
	drop_blocks(a, FIRST);
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	drop_blocks(a, 0);
	free(a);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct block *b;
	void *p;

	if (n > SIZE_MAX / 2)
		log_die("impossible allocation of %zu bytes", n);
	n = n ? (n + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	b = block_for(a, n);
	p = b->data + b->used;
	b->used += n;
	a->used += n;
	return memset(p, 0, n);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		log_die("impossible allocation of %zu items", count);
	return arena_alloc(a, n);
}

struct view
arena_copy(struct arena *a, struct view v)
{
	if (!v.p)
		return v;
	return view_of(arena_cstr(a, v), v.n);
}

struct view
arena_lower(struct arena *a, struct view v)
{
	char *p;

	if (!v.p)
		return v;
	p = arena_cstr(a, v);
	for (size_t i = 0; i < v.n; i++)
		p[i] = view_lower(p[i]);
	return view_of(p, v.n);
}

char *
arena_cstr(struct arena *a, struct view v)
{
	char *p = arena_alloc(a, v.n + 1);

	if (v.n)
		memcpy(p, v.p, v.n);
	return p;
}

struct view
arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256], *p; /* mostly it fits */
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		return VIEW("");
	if ((size_t)n < sizeof(small))
		return view_of(arena_cstr(a, view_of(small, (size_t)n)), (size_t)n);
	p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return view_of(p, (size_t)n);
}

void
arena_on_reset(struct arena *a, void (*fn)(void *), void *arg)
{
	struct hook *h = arena_alloc(a, sizeof(*h));

	h->fn = fn;
	h->arg = arg;
	h->next = a->hooks;
	a->hooks = h;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}
