/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/greylist_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Any record can be judged at any sane time, and is written as it was read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct settings s = {.greylist_wait = 120, .greylist_window = 86400,
		.greylist_life = 3110400, .greylist_cap = 3600};
	struct greylist_record r;
	char out[GREYLIST_RECORD_SIZE];

	if (!greylist_record_read(view_of(data, n), &r))
		return 0;
	greylist_record_write(&r, out);
	if (memcmp(out, data, n) != 0 || greylist_record_decide(&r, 1700000000, &s).age < 0)
		abort();
	return 0;
}
