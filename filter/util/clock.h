/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clock -- the two clocks: one for deadlines, one for dates.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds that never run backwards: for deadlines. */
static inline int64_t
clock_mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The same clock in microseconds: for how long something took. */
static inline int64_t
clock_mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Seconds since 1970: for dates, records and signatures. Formats take it as an argument. */
static inline int64_t
clock_wall(void)
{
	return (int64_t)time(NULL);
}

#endif
