/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex_part -- what is known of a part of a regular expression, and how parts are put together.
 *
 * Inner to policy/regex/regex_literals. To claim less than is true is always right.
 */
#ifndef POLICY_REGEX_PART_H
#define POLICY_REGEX_PART_H

#include "policy/regex/regex_literals.h"

/* Every text that the part matches has one of `set` in it; exact: is one of `set`. */
struct regex_part {
	bool exact;
	struct regex_literals set;
};
extern const struct regex_part regex_part_nothing;  /* matches the empty text alone */
extern const struct regex_part regex_part_anything; /* nothing is known of what it matches */

bool regex_part_add(struct regex_literals *set, const struct regex_literal *one); /* false: no room */
unsigned regex_part_shortest(const struct regex_literals *set); /* length of its shortest word; 0: none */
void regex_part_optional(struct regex_part *p);
void regex_part_or(struct regex_part *p, const struct regex_part *branch);

/* Atoms one after the other. `run` is what the latest of them match. */
struct regex_sequence {
	struct regex_part run;
	struct regex_literals best;
	bool whole; /* `run` began with the sequence */
};
#define REGEX_SEQUENCE_START \
	((struct regex_sequence){.run = {.exact = true, .set = {.n = 1}}, .whole = true})
void regex_part_append(struct regex_sequence *s, const struct regex_part *p);
/* p, once or more often. */
void regex_part_append_repeated(struct regex_sequence *s, const struct regex_part *p);
void regex_part_finish(struct regex_sequence *s, struct regex_part *out);

#endif
