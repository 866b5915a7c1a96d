/* SPDX-License-Identifier: BSD-2-Clause
 *
 * format_law -- what must hold of the layout of every rule file, for the unit test and the fuzz target.
 */
#ifndef TESTS_LIB_FORMAT_LAW_H
#define TESTS_LIB_FORMAT_LAW_H

#include "util/view.h"

enum format_law {
	FORMAT_LAW_KEPT,
	FORMAT_LAW_REFUSED, /* the text has errors, and was refused */
	FORMAT_LAW_WRONG    /* *why_out tells */
};

/* The tree of the laid-out text is that of the text, all tokens and comments stand in it in the same
 * order, and laying it out again changes nothing. */
enum format_law format_law_check(struct view text, const char **why_out);

#endif
