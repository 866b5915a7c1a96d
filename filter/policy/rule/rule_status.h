/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_status -- the enhanced status code that says which check refused (RFC 7372, RFC 7505, RFC 8617).
 *
 * For refusals that name none themselves: it follows from what the condition rests on.
 */
#ifndef POLICY_RULE_STATUS_H
#define POLICY_RULE_STATUS_H

#include "policy/parser/ast_expr.h"

/* The code for a condition, of class 5 (`reject`) or 4 (`defer`); absent: none of those RFCs has one. */
struct view rule_status_of(const struct ast_expr *when, bool permanent);

/* The code where that is not known: SPF that could not be evaluated is no SPF that failed (RFC 7372 section
 * 3.2). code: of rule_status_of. */
struct view rule_status_unknown(struct view code);

#endif
