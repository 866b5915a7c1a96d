/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "svc/store_series.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What was added is counted, in order, and once: a look at the same moment changes nothing. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char once[STORE_SERIES_MAX], twice[STORE_SERIES_MAX];
	struct view series;
	int64_t start, count, last = INT64_MIN, now;
	size_t m;

	if (n < 2)
		return 0;
	now = 1000 + data[0];
	series = view_of(once, store_series_add(view_of(data + 2, n - 2), now, 10, 600, data[1], once));
	if (store_series_sum(series) < data[1])
		abort();
	m = store_series_add(series, now, 10, 600, 0, twice);
	if (!view_eq(view_of(twice, m), series))
		abort();
	while (store_series_next(&series, &start, &count)) {
		if (start > now || start <= now - 600 || count < 0)
			abort();
		last = start;
	}
	if (series.n || (m && last == INT64_MIN))
		abort();
	return 0;
}
