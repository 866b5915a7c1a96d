/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/relay_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A local part that has a routing character leads somewhere, or is unclear; one without leads nowhere. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct relay_target t;
	struct address x;
	bool routed = false;

	if (address_path(view_of(data, n), a, &x) == ADDRESS_OK) {
		relay_target_find(&x, a, &t);
		for (size_t i = 0; i < x.local.n; i++)
			routed |= strchr("@%!", x.local.p[i]) != NULL;
		if (routed != (t.unclear || t.n > (x.domain.p != NULL)) || t.n > RELAY_TARGETS)
			abort();
		for (size_t i = 0; i < t.n; i++)
			if (t.domain[i].n == 0)
				abort();
	}
	arena_free(a);
	return 0;
}
