/* SPDX-License-Identifier: BSD-2-Clause
 *
 * format_layout -- where the lines of a rule file end and what stands in columns: policy/format.h says how.
 *
 * Fills in `lines` and `blanks` of every item. A statement's lines depend on itself alone; the columns on
 * its neighbours.
 */
#ifndef POLICY_FORMAT_LAYOUT_H
#define POLICY_FORMAT_LAYOUT_H

#include "policy/format/format_item.h"

/* The blanks between the tokens of one line; neither looks at others. */
void format_layout_blanks(struct format_item *item, size_t n);
/* The lines of one statement. */
void format_layout_lines(struct format_file *f, struct format_statement *s);

#endif
