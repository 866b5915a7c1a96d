/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/lib/format_law.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *why = "";

	if (format_law_check(view_of(data, n), &why) == FORMAT_LAW_WRONG) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
	return 0;
}
