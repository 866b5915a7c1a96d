/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_family -- facts that statements bring into being: dnsbl.NAME, rate.NAME.
 */
#ifndef POLICY_RULE_FAMILY_H
#define POLICY_RULE_FAMILY_H

#include "policy/rule/rule_check.h"

/* The engine's number of the check that computes a family ("rate.*"); SIZE_MAX if none does. */
size_t rule_family_owner(const struct fact_table *t, const char *family);
/* Adds a fact of a family. A table that an earlier load filled has it already: it must be the same one. */
void rule_family_add(struct rule_check *c, const struct fact_def *def, size_t owner, const struct place *at);

#endif
