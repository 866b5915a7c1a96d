/* SPDX-License-Identifier: BSD-2-Clause
 *
 * format -- a rule file in the house layout: what `postern fmt` writes.
 *
 * Only blanks and line ends change: words, texts, regexes, commas, comments and their order stay, and so
 * does what the file says. A rule that fits FORMAT_COLUMNS stands on one line, its clauses two blanks
 * apart; neighbours have their `when` and first clause in one column. A longer one has its condition on
 * the first line if that fits, then the other clauses on one line, or one clause a line. Lists, DNS lists,
 * policies and tests stay on one line only if they were written so. Where a comment stands within a
 * statement, or `# allow` beside or above it, its lines stay as they were, because the comment
 * is about a line. format_text(format_text(x)) is format_text(x).
 */
#ifndef POLICY_FORMAT_H
#define POLICY_FORMAT_H

#include "policy/diag.h"
#include "util/buf.h"

enum { FORMAT_COLUMNS = 100 };

/* Appends the text in the house layout. False: it has errors, which d has; out has nothing. file is its
 * name in messages; what it includes is not read. */
bool format_text(const char *file, struct view text, struct buf *out, struct diag *d);

/* A clause of a statement (struct ast_clause) on one line, without its comments. Lives in a. */
struct view format_clause(struct view text, struct arena *a);

#endif
