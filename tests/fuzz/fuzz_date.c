/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/date.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A date lies within its years, give or take the widest zone. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int64_t at, zone = 100 * 3600;

	if (date_parse(view_of(data, n), &at) && (at < -2208988800 - zone || at > 253402300800 + zone))
		abort();
	return 0;
}
