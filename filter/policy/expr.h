/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expr -- a compiled condition, and its truth in Kleene's three values.
 *
 * A tree of small nodes: an arena's pointers, no code to interpret. Rules that a condition names are
 * evaluated through the memo of struct program_eval; a rule that is unknown is remembered only within one
 * call, so that every call is linear in the rule set.
 */
#ifndef POLICY_EXPR_H
#define POLICY_EXPR_H

#include "policy/program.h"

/* Nodes are small, so that a large rule set stays in the processor's cache. */
enum operand_kind {
	OPERAND_SLOT,
	OPERAND_COUNT, /* how many values the slot's list has */
	OPERAND_HITS,  /* 1 if the rule is true, 0 if it is false */
	OPERAND_ZERO   /* the hits of a disabled rule */
};
struct operand {
	uint8_t kind, type; /* enum operand_kind, enum fact_type */
	uint32_t index;     /* a slot or a rule */
};

enum expr_kind {
	EXPR_FALSE, /* a disabled rule */
	EXPR_OPEN,  /* reads what is retired: unknown */
	EXPR_AND,
	EXPR_OR,
	EXPR_NOT,
	EXPR_OF, /* `count` of the args */
	EXPR_RULE,
	EXPR_BARE, /* left, a bool */
	EXPR_COMPARE,
	EXPR_IN,     /* left in list */
	EXPR_SEARCH, /* list's phrases or regexes in left */
	EXPR_PAIR,   /* (left, right) in list */
	EXPR_MISSING,
	EXPR_UNKNOWN
};
enum expr_order { EXPR_EQ, EXPR_LT, EXPR_LE, EXPR_GT, EXPR_GE };
enum expr_quantifier { EXPR_ONE, EXPR_ANY, EXPR_ALL, EXPR_NO };

struct expr {
	uint8_t kind, order, quantifier;
	bool negated; /* not in, !=, is not ... */
	/* args; EXPR_RULE: the rule; EXPR_SEARCH: 1 + the regex_group that the list's one expression belongs
	 * to, under number right.index; EXPR_IN: 1 + its number among the look-ups that rules share; of these
	 * two 0 = none */
	uint32_t n;
	union {
		struct {
			struct expr *args;
			uint32_t count;
		};
		struct {
			struct operand left, right;
			union {
				const struct fact_value *value; /* EXPR_COMPARE: instead of right */
				const struct list *list;        /* EXPR_IN, EXPR_SEARCH, EXPR_PAIR */
			};
		};
		bool keep; /* EXPR_RULE: several name it and it names others: keep "unknown" for this call */
	};
};

/* At most so many rules of a set may have `keep`: what one call remembers on its stack. */
enum { EXPR_KEPT_MAX = 1024 };

enum tri expr_rule(const struct program_eval *e, size_t rule);
enum tri expr_truth(const struct program_eval *e, const struct expr *x);

/* What x costs to evaluate, roughly: 1 is a look at a fact. */
unsigned expr_cost(const struct expr *x);

#endif
