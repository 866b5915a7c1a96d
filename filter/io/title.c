/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/title.h"

#include <stdio.h>
#include <string.h>

struct title
title_of(int argc, char **argv)
{
	struct title t = {argc > 0 ? argv[0] : NULL, 0};

	/* The kernel lays them out one behind the other. */
	for (int i = 0; i < argc && argv[i] == t.p + t.n; i++)
		t.n += strlen(argv[i]) + 1;
	return t;
}

void
title_set(const struct title *t, const char *name)
{
	if (!t->p || t->n == 0)
		return;
	memset(t->p, 0, t->n);
	snprintf(t->p, t->n, "%s", name);
}
