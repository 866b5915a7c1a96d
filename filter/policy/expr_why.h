/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expr_why -- which facts made a rule true, false or unknown: for those who ask why.
 *
 * Of an `and` that is false its first false part tells, of one that is true all its parts; `or` dually; of
 * what is unknown its unknown parts. A part that names a rule is told as that rule.
 */
#ifndef POLICY_EXPR_WHY_H
#define POLICY_EXPR_WHY_H

#include "policy/expr.h"

enum { EXPR_WHY_MAX = 8, EXPR_WHY_VALUE = 80 }; /* reasons of one rule; bytes of a value that are shown */

struct expr_why {
	struct view reason[EXPR_WHY_MAX]; /* "helo.name = localhost", "dnsbl.zen is unknown (timeout)" */
	size_t n;
};

/* The truth of a rule as it stands, and the reasons for it. Values are raw bytes. Reasons live in a. */
enum tri expr_why(const struct program_eval *e, size_t rule, struct arena *a, struct expr_why *out);

#endif
