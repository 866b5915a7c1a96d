/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parser -- rule files to a tree, by recursive descent over the grammar of postern-rules(7).
 *
 * After a mistake it goes on at the next line that begins in column 1, so that one run reports all
 * of them. `include` reads the named file, as seen from the including one: once, however often it is
 * named, at most INCLUDE_DEPTH deep, and never in a circle. Nothing is resolved: see policy/parser/ast.h.
 */
#ifndef POLICY_PARSER_H
#define POLICY_PARSER_H

#include "policy/parser/ast.h"

/* Appends the statements of a file, and of those it includes. A file that is in the tree already is
 * not read again. Mistakes go to d, unreadable files too. */
void parser_file(struct ast *t, const char *path, struct diag *d);
/* The same with a text at hand, which is copied; file is its name in messages. */
void parser_text(struct ast *t, const char *file, struct view text, struct diag *d);

#endif
