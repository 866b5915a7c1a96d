/* SPDX-License-Identifier: BSD-2-Clause
 *
 * literal -- the written form of scores, durations, sizes and names in rules and settings.
 */
#ifndef POLICY_LITERAL_H
#define POLICY_LITERAL_H

#include "util/view.h"

/* "2", "-1.5", "+0.25": hundredths, up to a million in either direction. */
bool literal_score(struct view v, int32_t *hundredths_out);
/* "50ms", "10s", "5m", "1h", "2d", "1w", up to ten years; the unit must be there. */
bool literal_duration(struct view v, uint64_t *ms_out);
/* "40B", "512K", "25MB", "1G": powers of 1024; the unit must be there. */
bool literal_size(struct view v, uint64_t *bytes_out);

bool literal_is_symbol(struct view v); /* CAPITALS_1, at least two characters */
bool literal_is_name(struct view v);   /* lower-dashed, begins with a letter */

#endif
