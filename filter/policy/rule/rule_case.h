/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_case -- `test` statements: names and values checked, ready for whoever runs them.
 */
#ifndef POLICY_RULE_CASE_H
#define POLICY_RULE_CASE_H

#include "policy/rule/rule_check.h"

/* Checks all; the result lives in the program's arena. */
const struct program_test *rule_case_read(struct rule_check *c, size_t *n_out);

#endif
