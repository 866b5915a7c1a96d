/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex_literals -- the words of which one must stand in every text that an expression matches.
 *
 * So that most expressions need not run: /\b(cheap|order)-pills/ has "cheap-pi" and "order-pi" (no word is
 * longer than REGEX_LITERAL_MAX bytes). They are in lower case and to be looked for without case. Where that
 * is not certain, an expression has none, and must run: for what has no word of three bytes, for
 * conditions, verbs, \Q and for everything that this reader does not know.
 */
#ifndef POLICY_REGEX_LITERALS_H
#define POLICY_REGEX_LITERALS_H

#include "util/view.h"

enum {
	REGEX_LITERAL_MIN = 3,
	REGEX_LITERAL_MAX = 8,
	REGEX_LITERALS = 32 /* of one expression */
};

struct regex_literals {
	uint8_t n; /* 0 = none are known */
	struct regex_literal {
		uint8_t n;
		char s[REGEX_LITERAL_MAX];
	} literal[REGEX_LITERALS];
};

/* source is "/pattern/flags", and one that regex_new takes. */
void regex_literals_read(struct view source, struct regex_literals *out);

#endif
