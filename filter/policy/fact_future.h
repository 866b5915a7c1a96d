/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fact_future -- the facts of the rule language that nothing computes yet: a table that shrinks.
 *
 * The checker knows them by name, type, stage and trust, so that rules on them can be written and tested
 * with values that are given. A set that shall judge mail may not read them (program_options.live). A
 * check that begins to compute one takes its row away here and in postern-rules(7), FACTS TO COME.
 */
#ifndef POLICY_FACT_FUTURE_H
#define POLICY_FACT_FUTURE_H

#include "policy/fact.h"

/* Adds all that are not in the table already, owned by FACT_NOBODY. */
void fact_future_add(struct fact_table *t);
/* Row i; NULL behind the last one. */
const struct fact_def *fact_future_at(size_t i);

#endif
