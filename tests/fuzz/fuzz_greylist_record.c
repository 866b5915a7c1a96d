/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Any record can be judged at any sane time, and is written as it was read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct greylist_terms t = {.wait = 120, .window = 86400, .life = 3110400, .cap = 3600};
	struct greylist_record r;
	char out[GREYLIST_RECORD_MAX];

	if (!greylist_record_read(view_of(data, n), &r))
		return 0;
	if (!view_eq(greylist_record_write(&r, out), view_of(data, n)) ||
		greylist_record_decide(&r, 1700000000, &t).age < 0)
		abort();
	return 0;
}
