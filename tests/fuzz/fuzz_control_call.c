/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/control_call.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char again[64];
	size_t length = 0;
	bool ok = false;
	int head = control_call_head(view_of(data, n), &ok, &length);

	if (head <= 0)
		return 0;
	snprintf(again, sizeof(again), "%s %zu\n", ok ? "ok" : "failed", length);
	if ((size_t)head > n || data[head - 1] != '\n' || length > CONTROL_REPLY_MAX ||
		control_call_head(view_str(again), &ok, &length) <= 0)
		abort();
	return 0;
}
