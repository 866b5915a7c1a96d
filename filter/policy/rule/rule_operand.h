/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rule_operand -- the two sides of a comparison: which fact, of which type, and what it is compared with.
 */
#ifndef POLICY_RULE_OPERAND_H
#define POLICY_RULE_OPERAND_H

#include "policy/rule/rule_check.h"

struct rule_operand {
	struct operand op;
	const struct fact_def *def; /* of count() and hits(): a number */
	struct view name;           /* as it is written */
	const struct place *at;
	bool list;                  /* has many values */
	bool verified;              /* a comparison with it is evidence of who somebody is */
	bool retired;               /* its name is no more: the test is EXPR_OPEN, nothing else is set */
};

/* Reads an operand and notes it in the finding. False: an error was reported. */
bool rule_operand_read(struct rule_check *c, const struct ast_operand *o, struct rule_operand *out);
/* Reads what stands right of a relational operator, into x->right or x->value. *verified_out: not a
 * claim either. */
bool rule_operand_value(struct rule_check *c, const struct rule_operand *left,
	const struct ast_operand *o, struct expr *x, bool *verified_out);
/* The rule that a condition names, noted as a mention. NULL: there is none, with an error; or with a
 * warning, if it is retired: the test is EXPR_OPEN. */
struct rule_def *rule_operand_rule(struct rule_check *c, const struct ast_word *symbol);
/* The fact of this name, without argument; NULL, with an error, if there is none. */
const struct fact_def *rule_operand_fact(struct rule_check *c, const struct ast_word *w);
/* Reports a fact that nothing provides to a live set: no check computes it, or the settings leave it
 * out. name may be any word. */
void rule_operand_provided(struct rule_check *c, struct view name, const struct place *at);
/* "did you mean ...?" for a word that is no fact; NULL if nothing is near. */
const char *rule_operand_hint(struct rule_check *c, struct view word);
/* Checks a word against the values of an enum fact; reports it if it is none. */
bool rule_operand_enum(struct rule_check *c, const struct rule_operand *left, const struct ast_word *w);
/* Reports an argument that is no name of a header field. */
bool rule_operand_arg(struct rule_check *c, const struct ast_word *arg);
bool rule_operand_is_number(enum fact_type t);

#endif
