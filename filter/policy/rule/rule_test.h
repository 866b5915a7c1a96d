/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_test -- `test` statements, checked (policy/rule/rule_case.h); engine/rehearsal.h runs them.
 */
#ifndef POLICY_RULE_TEST_H
#define POLICY_RULE_TEST_H

#include "policy/rule.h"

/* A `test` statement: what is given, and what the rules must make of it. */
struct program_given {
	struct view fact, arg; /* dnsbl.NAME: the items are the list's raw answers */
	enum { GIVEN_VALUE, GIVEN_UNKNOWN, GIVEN_MISSING } kind;
	const struct view *item; /* as fact_parse reads them; one unless the fact is a list or a DNS list */
	size_t n;
	uint32_t line;
};
struct program_expect {
	enum { EXPECT_RULE, EXPECT_UNKNOWN_RULE, EXPECT_EFFECT, EXPECT_SCORE } kind;
	bool negated;
	struct view rule;        /* EXPECT_RULE, EXPECT_UNKNOWN_RULE; it may be disabled */
	enum effect_kind effect; /* EXPECT_EFFECT; EFFECT_SKIP: greylisting is skipped */
	enum { SCORE_EQ, SCORE_NE, SCORE_LT, SCORE_LE, SCORE_GT, SCORE_GE } order; /* EXPECT_SCORE */
	int32_t score;
	uint32_t line;
};
struct program_test {
	struct view name, file;
	uint32_t line;
	const char *message; /* path of a message to read; NULL = none */
	const struct program_given *given;
	size_t n_given;
	const struct program_expect *expect;
	size_t n_expect;
};

#endif
