/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_load -- rules that a test needs: loaded, or the test ends.
 */
#ifndef TESTS_LIB_RULE_LOAD_H
#define TESTS_LIB_RULE_LOAD_H

#include "tests/lib/rule_facts.h"

/* The program of a text that must load; *facts_out is freed after it. gives both. */
struct program *rule_load(const char *text, struct fact_table **facts_out);
/* A rule that must be there. */
const struct rule *rule_load_rule(const struct program *p, const char *name);
/* A file of ../shared/rules-reference (or $RULES_REFERENCE), or NULL with a message when it is absent. The
 * path lives until the next call. */
const char *rule_load_reference(const char *name);

#endif
