/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status_screen -- a status report as one screen of 80 columns, for people.
 */
#ifndef CMD_STATUS_SCREEN_H
#define CMD_STATUS_SCREEN_H

#include <jansson.h>

#include "util/buf.h"

/* Of status_report. What processes said of themselves is escaped. */
void status_screen(const json_t *report, struct buf *out);

#endif
