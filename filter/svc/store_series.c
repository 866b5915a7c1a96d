/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/store_series.h"

static int64_t
get(const char *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | (uint8_t)p[i];
	return (int64_t)n;
}

static void
put(char *p, int64_t n)
{
	for (size_t i = 8; i-- > 0; n >>= 8)
		p[i] = (char)(n & 0xff);
}

static int64_t
sum(int64_t a, int64_t b)
{
	return b > STORE_COUNT_MAX - a ? STORE_COUNT_MAX : a + b;
}

bool
store_series_next(struct view *rest, int64_t *start_out, int64_t *count_out)
{
	if (rest->n < STORE_SERIES_PAIR)
		return false;
	*start_out = get(rest->p);
	*count_out = get(rest->p + 8);
	if (*count_out < 0 || *count_out > STORE_COUNT_MAX)
		return false;
	*rest = view_skip(*rest, STORE_SERIES_PAIR);
	return true;
}

void
store_series_put(char out[static STORE_SERIES_PAIR], int64_t start, int64_t count)
{
	put(out, start);
	put(out + 8, count);
}

int64_t
store_series_sum(struct view series)
{
	int64_t start, count, all = 0;

	while (store_series_next(&series, &start, &count))
		all = sum(all, count);
	return all;
}

size_t
store_series_add(struct view old, int64_t now, uint32_t step, uint32_t window, int64_t amount,
	char out[static STORE_SERIES_MAX])
{
	int64_t begin = now - now % step, start, count, newest = amount;
	size_t n = 0;

	if (old.n > STORE_SERIES_MAX)
		old.n = 0;
	while (store_series_next(&old, &start, &count)) {
		if (start >= begin) {
			newest = sum(newest, count);
		} else if (start > now - window && n < STORE_SERIES_MAX - STORE_SERIES_PAIR) {
			store_series_put(out + n, start, count);
			n += STORE_SERIES_PAIR;
		}
	}
	if (newest == 0)
		return n;
	store_series_put(out + n, begin, newest);
	return n + STORE_SERIES_PAIR;
}
