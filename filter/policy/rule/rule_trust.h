/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_trust -- which facts say who somebody is.
 *
 * A grant on what the sender claims needs evidence beside it: a positive statement about identity, as
 * "spf = pass" or "client.ip in ...". Other observed facts, as tls or time.hour, are neutral: anybody has
 * them for nothing.
 */
#ifndef POLICY_RULE_TRUST_H
#define POLICY_RULE_TRUST_H

#include "policy/parser/ast.h"

/* Does it tell identity when it is compared, or is true? */
bool rule_trust_compared(struct view fact);
/* ... by being present? */
bool rule_trust_present(struct view fact);
/* A result that is evidence only as "= pass": every other one is what a stranger gets for nothing. */
bool rule_trust_result(struct view fact);
/* Is word the value of an enum fact that is evidence? */
bool rule_trust_value(struct view fact, struct view word);

#endif
