/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arena -- memory that is given back all at once.
 *
 * One arena lives as long as a session, one as long as a message; nothing else on the message path
 * calls malloc. What is put in is bounded by the limits of util/limits.h before it gets here, so a
 * malloc that fails is a broken machine: it is logged and the process ends (the supervisor starts it
 * again). An arena belongs to one thread at a time.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include "util/view.h"

struct arena;

struct arena *arena_new(void); /* gives */
void arena_free(struct arena *a); /* NULL is legal; runs the hooks as arena_reset does */

/* Runs the hooks, newest first, and forgets every allocation. */
void arena_reset(struct arena *a);

/* Zeroed memory, aligned for any type. Lives in a. n == 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t n);
/* Room for count items of size bytes; ends the process on overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);

#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* A copy that lives in a. Absent stays absent. */
struct view arena_copy(struct arena *a, struct view v);
struct view arena_lower(struct arena *a, struct view v); /* copy in ASCII lower case */
char *arena_cstr(struct arena *a, struct view v);        /* copy with a NUL behind it */
struct view arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Calls fn(arg) at the next reset or free: for descriptors and library handles. */
void arena_on_reset(struct arena *a, void (*fn)(void *arg), void *arg);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

#endif
