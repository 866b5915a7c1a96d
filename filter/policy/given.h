/* SPDX-License-Identifier: BSD-2-Clause
 *
 * given -- values that are said instead of computed: `given` of a test, `postern eval --given`.
 *
 * The syntax is that of `given` (postern-rules(7), TESTS): FACT, FACT VALUE, FACT("ARG") VALUE,
 * FACT { A B }, FACT unknown, FACT missing. A DNS list takes the address it would answer
 * ("dnsbl.zen 127.0.0.4"): that settles the list and each of its codes.
 */
#ifndef POLICY_GIVEN_H
#define POLICY_GIVEN_H

#include "policy/program.h"

enum { GIVEN_MAX = 64 }; /* values that one `given` can settle: a DNS list and its codes */

struct given_value {
	struct view name, arg;
	struct fact_value value;
};

/* Reads one given; the number of values in out, 0 after an error (which is in d). They live in a. */
size_t given_parse(const struct program *p, const struct fact_table *facts, struct view text,
	struct arena *a, struct given_value out[static GIVEN_MAX], struct diag *d);

#endif
