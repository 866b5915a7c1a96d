/* SPDX-License-Identifier: BSD-2-Clause
 *
 * format_item -- the tokens and comments of a rule file, and what stands between them.
 */
#ifndef POLICY_FORMAT_ITEM_H
#define POLICY_FORMAT_ITEM_H

#include "policy/parser/ast.h"
#include "policy/parser/lexer.h"

struct format_item {
	struct view text;     /* as written */
	enum token_kind kind;
	bool comment;         /* "# ...": kind is not used */
	bool first, clause;   /* begins a statement, a clause of one */
	uint32_t line, column;
	unsigned newlines;    /* in front of it, as written */
	unsigned depth;       /* brackets open before it */
	char inside;          /* the innermost of them, or NUL */
	bool in_set;          /* one of them is '{' */
	/* what is to be written in front of it */
	unsigned lines;       /* line ends: 0, 1, or 2 for a blank line */
	unsigned blanks;
};

struct format_statement {
	size_t from, to;      /* its items, up to and with the last token */
	enum ast_kind kind;
	bool change;
	bool keep;            /* its lines stay as they are */
	bool one_line;        /* as it is to be written */
};

struct format_file {
	struct arena *arena;
	struct format_item *item;
	size_t n, room;
	struct format_statement *statement;
	size_t n_statements;
};

/* Reads a text; tree is what the parser made of it, and NULL for a single clause. Without errors: the
 * parser has told them. */
void format_item_read(struct format_file *f, struct view text, const struct ast *tree, struct arena *a);

bool format_item_is(const struct format_item *i, const char *word); /* a token of this text */
unsigned format_item_columns(struct view v);                        /* of UTF-8 text */

#endif
