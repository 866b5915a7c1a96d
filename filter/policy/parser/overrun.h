/* SPDX-License-Identifier: BSD-2-Clause
 *
 * overrun -- says which rule's regular expression ran into its limits.
 */
#ifndef POLICY_OVERRUN_H
#define POLICY_OVERRUN_H

#include "policy/expr.h"

/* One log line, at most once a minute: the rule or policy that x belongs to, its place, the list's name if
 * it has one, and the expression. */
void overrun_log(const struct program *p, const struct expr *x);

#endif
