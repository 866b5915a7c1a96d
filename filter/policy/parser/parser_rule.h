/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parser_rule -- rules, changes of rules, and the effects that both may have.
 */
#ifndef POLICY_PARSER_RULE_H
#define POLICY_PARSER_RULE_H

#include "policy/parser/reader.h"

/* Behind the keyword. A change has no `when`. */
void parser_rule(struct reader *r, struct ast_statement *s);
void parser_rule_change(struct reader *r, struct ast_statement *s);

/* The words of all clauses, separated by blanks: for suggestions. */
const char *parser_rule_clauses(void);
/* greylist, score or a group: what `skip` names. */
struct ast_word *parser_rule_skip(struct reader *r);
/* The effect with this name as a test writes it; false if there is none. */
bool parser_rule_effect(struct view name, enum effect_kind *out);

#endif
