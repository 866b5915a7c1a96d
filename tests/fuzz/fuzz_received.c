/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/received.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Names are absent or not empty, and without blanks; the address is one. */
static void
check(struct view name)
{
	if (!name.p != !name.n || view_find(name, ' ') < name.n || view_find(name, '\t') < name.n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct received r;

	if (received_parse(view_of(data, n), a, &r)) {
		check(r.helo);
		check(r.by);
		if (r.ip.family != 0 && r.ip.family != 4 && r.ip.family != 6)
			abort();
	}
	arena_free(a);
	return 0;
}
