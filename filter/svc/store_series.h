/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_series -- counts over a sliding window: the value of a record that STORE_TALLY adds to.
 *
 * A series is a row of pairs, oldest first: the second at which a step began and what was counted from then
 * on, two numbers of eight bytes in network order. svc/store_redis has the same rule in Lua: one test holds
 * both to it.
 */
#ifndef SVC_STORE_SERIES_H
#define SVC_STORE_SERIES_H

#include "util/limits.h"
#include "util/view.h"

/* Doubles, which Lua has, count to there. */
#define STORE_COUNT_MAX ((int64_t)1 << 53)

enum { STORE_SERIES_PAIR = 16, STORE_SERIES_MAX = STORE_STEPS_MAX * STORE_SERIES_PAIR };

/* Adds amount (0 or more) to the step that now (seconds since 1970) is in, and leaves out the steps that
 * began window seconds ago or earlier: the sum is exact to within one step. What stands at a later time than
 * now, since a clock was put back, counts as of now. Where a series is broken it ends. Returns the bytes in
 * out; 0: nothing is counted. step from 1; window from one step to STORE_STEPS_MAX - 2 steps. */
size_t store_series_add(struct view old, int64_t now, uint32_t step, uint32_t window, int64_t amount,
	char out[static STORE_SERIES_MAX]);

/* Takes the next pair; false when there is none. */
bool store_series_next(struct view *rest, int64_t *start_out, int64_t *count_out);

/* Writes a pair; count from 0 to STORE_COUNT_MAX. */
void store_series_put(char out[static STORE_SERIES_PAIR], int64_t start, int64_t count);

/* All that is counted in it; at most STORE_COUNT_MAX. */
int64_t store_series_sum(struct view series);

#endif
