/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/histogram.h"

#include <stddef.h>

/* Place 2k holds [2^k, 1.5 * 2^k), place 2k+1 the rest to 2^(k+1). */
static size_t
place(uint64_t us)
{
	size_t k = 0, at;

	while (us >> k > 1)
		k++;
	at = 2 * k + (k > 0 && (us >> (k - 1) & 1));
	return at < HISTOGRAM_PLACES ? at : HISTOGRAM_PLACES - 1;
}

static uint64_t
end_of(size_t at)
{
	uint64_t power = (uint64_t)1 << at / 2;

	return at % 2 ? 2 * power : power + power / 2;
}

void
histogram_add(struct histogram *h, uint64_t us)
{
	atomic_fetch_add_explicit(&h->n[place(us)], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->us, us, memory_order_relaxed);
}

void
histogram_sum(struct histogram_sum *s, const struct histogram *h)
{
	for (size_t i = 0; i < HISTOGRAM_PLACES; i++) {
		uint64_t n = atomic_load_explicit(&h->n[i], memory_order_relaxed);

		s->n[i] += n;
		s->count += n;
	}
	s->us += atomic_load_explicit(&h->us, memory_order_relaxed);
}

uint64_t
histogram_mean(const struct histogram_sum *s)
{
	return s->count ? s->us / s->count : 0;
}

uint64_t
histogram_within(const struct histogram_sum *s, unsigned percent)
{
	uint64_t want = (s->count * percent + 99) / 100, seen = 0;

	for (size_t i = 0; i < HISTOGRAM_PLACES; i++) {
		seen += s->n[i];
		if (seen >= want && seen)
			return end_of(i);
	}
	return 0;
}
