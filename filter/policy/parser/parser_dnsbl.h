/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parser_dnsbl -- DNS lists and rates: the statements that bring facts into being.
 */
#ifndef POLICY_PARSER_DNSBL_H
#define POLICY_PARSER_DNSBL_H

#include "policy/parser/reader.h"

/* Behind the keyword. A change may leave out any part. */
void parser_dnsbl(struct reader *r, struct ast_statement *s);
void parser_dnsbl_rate(struct reader *r, struct ast_statement *s);

#endif
