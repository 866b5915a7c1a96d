/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parser_list -- list statements, and the { sets } that stand in lists, conditions and tests.
 */
#ifndef POLICY_PARSER_LIST_H
#define POLICY_PARSER_LIST_H

#include "policy/parser/reader.h"

/* Both stand behind the keyword. `change list NAME add|remove source`. */
void parser_list(struct reader *r, struct ast_statement *s);
void parser_list_change(struct reader *r, struct ast_statement *s);

/* A set; never NULL. Items stay as they are written. */
struct ast_set *parser_list_set(struct reader *r);

#endif
