/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/learned_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Any record that the store can hold is written as it was read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct learned_record r;

	if (n <= STORE_VALUE_MAX && learned_record_read(view_of(data, n), &r) &&
		!view_eq(learned_record_write(&r, a), view_of(data, n)))
		abort();
	arena_free(a);
	return 0;
}
