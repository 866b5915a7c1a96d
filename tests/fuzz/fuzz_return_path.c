/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/return_path.h"

#include <stdlib.h>

#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* An address, and without case. */
static void
check(struct view got, const struct address *from)
{
	if (!got.p || got.n > from->local.n + 1 + DOMAIN_MAX + from->domain.n)
		abort();
	for (size_t i = 0; i < got.n; i++)
		if (got.p[i] != view_lower(got.p[i]))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct address from;

	if (address_path(view_of(data, n), a, &from) == ADDRESS_OK) {
		check(return_path_mailbox(&from, a), &from);
		check(return_path_claimed(&from, a), &from);
		check(return_path_pattern(&from, a), &from);
	}
	arena_free(a);
	return 0;
}
