/* SPDX-License-Identifier: BSD-2-Clause
 *
 * restart -- when a process that died may start again.
 *
 * At once; unless it died within RESTART_QUICK_MS of its start three times in a row: then after
 * 1 s, doubling to 60 s. A longer life forgets. Pure: the time is an argument (clock_mono_ms).
 */
#ifndef IO_RESTART_H
#define IO_RESTART_H

#include <stdint.h>

enum {
	RESTART_QUICK_MS = 10 * 1000,
	RESTART_QUICK_COUNT = 3,
	RESTART_FIRST_MS = 1000,
	RESTART_LONGEST_MS = 60 * 1000
};

struct restart {
	int64_t started;
	unsigned quick; /* quick deaths in a row */
};

void restart_started(struct restart *r, int64_t now);
/* The time at which it may start again: now, or later. */
int64_t restart_at(struct restart *r, int64_t now);

#endif
