/* SPDX-License-Identifier: BSD-2-Clause
 *
 * title -- what ps(1) shows of a process: written over the arguments that it was started with.
 *
 * Whoever uses it has copied the arguments first.
 */
#ifndef IO_TITLE_H
#define IO_TITLE_H

#include <stddef.h>

struct title {
	char *p; /* NULL = there is no room: nothing is shown */
	size_t n;
};

/* The room of these arguments: main's, or main's without the first ones. */
struct title title_of(int argc, char **argv);
/* Shows name in their place, cut to the room. Only in a child: the parent's arguments stay what
 * they were. */
void title_set(const struct title *t, const char *name);

#endif
