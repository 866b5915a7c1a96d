/* SPDX-License-Identifier: BSD-2-Clause
 *
 * suggest -- "did you mean ...?": the known word that an unknown one was meant to be.
 *
 * Offer every candidate of the right name space with suggest_try, then ask. First the nearest
 * spelling (edit distance of at most a third of the word, at least 1; swapped neighbours count as
 * one), then a table of what other filters call it, then a candidate with the same last component.
 */
#ifndef POLICY_SUGGEST_H
#define POLICY_SUGGEST_H

#include "util/arena.h"

struct suggest {
	struct view word;
	struct view near, tail;
	size_t distance;     /* of near */
	const char *foreign; /* what other filters' word is called here, or NULL */
	bool foreign_fits;   /* a candidate begins it */
};

void suggest_init(struct suggest *s, struct view word);
/* Keeps the candidate's bytes until the last call. */
void suggest_try(struct suggest *s, struct view candidate);
/* The best of them, absent if none is near. */
struct view suggest_best(const struct suggest *s);
/* "did you mean 'x'?", or NULL. Lives in a. */
const char *suggest_hint(const struct suggest *s, struct arena *a);

/* All in one, over words separated by blanks. */
const char *suggest_words(struct view word, const char *candidates, struct arena *a);

#endif
