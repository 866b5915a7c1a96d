/* SPDX-License-Identifier: BSD-2-Clause
 *
 * format_columns -- what stands in one column over several lines: conditions, what rules do, comments.
 */
#ifndef POLICY_FORMAT_COLUMNS_H
#define POLICY_FORMAT_COLUMNS_H

#include "policy/format/format_item.h"

/* Aligns neighbouring rules, after the lines of all statements are known. */
void format_columns_rules(struct format_file *f);
/* Aligns the comments behind neighbouring lines, after everything else. */
void format_columns_comments(struct format_file *f);

#endif
