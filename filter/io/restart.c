/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/restart.h"

void
restart_started(struct restart *r, int64_t now)
{
	r->started = now;
}

int64_t
restart_at(struct restart *r, int64_t now)
{
	int64_t wait = RESTART_FIRST_MS;

	if (now - r->started >= RESTART_QUICK_MS) {
		r->quick = 0;
		return now;
	}
	if (++r->quick < RESTART_QUICK_COUNT)
		return now;
	for (unsigned i = RESTART_QUICK_COUNT; i < r->quick && wait < RESTART_LONGEST_MS; i++)
		wait *= 2;
	return now + (wait < RESTART_LONGEST_MS ? wait : RESTART_LONGEST_MS);
}
