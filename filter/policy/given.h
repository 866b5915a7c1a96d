/* SPDX-License-Identifier: BSD-2-Clause
 *
 * given -- values that are said instead of computed: `given` of a test, `postern eval --given`.
 *
 * The syntax is that of `given` (postern-rules(7), TESTS): FACT, FACT VALUE, FACT("ARG") VALUE,
 * FACT { A B }, FACT unknown, FACT missing. A DNS list takes the addresses it would answer
 * ("dnsbl.zen 127.0.0.4"): they settle the list and each of its codes, and an error among them makes all
 * unknown. What is given first stays.
 */
#ifndef POLICY_GIVEN_H
#define POLICY_GIVEN_H

#include "policy/program.h"

struct given_value {
	struct view name, arg; /* arg absent for facts without argument */
	struct fact_value value;
};

/* Begins as {.arena = a}; all that is in it lives there. */
struct given_list {
	struct given_value *item;
	size_t n, cap;
	struct arena *arena;
};

/* The value of a fact, or NULL. */
const struct fact_value *given_find(const struct given_list *l, struct view name, struct view arg);
/* Nothing happens if the fact is there already. */
void given_add(struct given_list *l, struct view name, struct view arg, struct fact_value v);
/* What a test says. False if an item is no value of its fact. */
bool given_take(struct given_list *l, const struct program *p, const struct fact_table *facts,
	const struct program_given *g);
/* Reads one text as it would stand behind `given`. False after an error, which is in d. */
bool given_parse(struct given_list *l, const struct program *p, const struct fact_table *facts,
	struct view text, struct diag *d);

#endif
