/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_dnsbl -- `dnsbl` statements: the facts that they bring into being.
 *
 * dnsbl.NAME and dnsbl.NAME.CODE have the stage of the fact that is looked up. Keys of paid lists stand in
 * the secrets file ("NAME value" lines, readable by its owner alone) and are never shown.
 */
#ifndef POLICY_RULE_DNSBL_H
#define POLICY_RULE_DNSBL_H

#include "policy/rule/rule_check.h"

/* Adds the facts to the fact table, before any rule is read. */
void rule_dnsbl_declare(struct rule_check *c);
/* Fills c->dnsbls, when all rules are read. Their look-ups get slots. */
void rule_dnsbl_compile(struct rule_check *c);

#endif
