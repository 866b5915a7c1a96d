/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parser_case -- test statements: what is given, and what is expected of the rules.
 */
#ifndef POLICY_PARSER_CASE_H
#define POLICY_PARSER_CASE_H

#include "policy/parser/reader.h"

void parser_case(struct reader *r, struct ast_statement *s); /* behind the keyword */

#endif
