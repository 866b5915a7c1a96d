/* SPDX-License-Identifier: BSD-2-Clause
 *
 * log_capture -- what is logged to stderr meanwhile. One at a time.
 */
#ifndef TESTS_LIB_LOG_CAPTURE_H
#define TESTS_LIB_LOG_CAPTURE_H

#include "util/view.h"

void log_capture_begin(void);
/* Lives until the next begin; at most 64 KB. */
struct view log_capture_end(void);

#endif
