/* SPDX-License-Identifier: BSD-2-Clause
 *
 * histogram -- how long things took: counted by half powers of two, from one microsecond to a minute.
 *
 * Lock-free, and of a fixed size, so it may lie in memory that processes share. Begins as {0}. A share of
 * what it holds is known to within a third of its size.
 */
#ifndef UTIL_HISTOGRAM_H
#define UTIL_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum { HISTOGRAM_PLACES = 54 }; /* the last one holds all from 1.5 * 2^26 us, over 100 seconds, on */

struct histogram {
	atomic_uint_least32_t n[HISTOGRAM_PLACES];
	atomic_uint_least64_t us; /* their sum */
};
void histogram_add(struct histogram *h, uint64_t us);

/* What some of them hold together, as plain numbers. Begins as {0}. */
struct histogram_sum {
	uint64_t n[HISTOGRAM_PLACES], count, us;
};
void histogram_sum(struct histogram_sum *s, const struct histogram *h);
/* Microseconds; 0 if there is nothing in it. */
uint64_t histogram_mean(const struct histogram_sum *s);
/* So many of a hundred took no longer than this. */
uint64_t histogram_within(const struct histogram_sum *s, unsigned percent);

#endif
