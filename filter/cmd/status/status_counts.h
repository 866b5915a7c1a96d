/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status_counts -- what the meter has, for the status as JSON: "minute", "ten-minutes", "hour", "total".
 */
#ifndef CMD_STATUS_COUNTS_H
#define CMD_STATUS_COUNTS_H

#include "util/json.h"

/* The member "counts". ctx: the struct meter. As supervisor_options.status. */
void status_counts(void *ctx, struct json *j);

#endif
