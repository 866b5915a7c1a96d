/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lexer -- the tokens of rule files and of postern.conf.
 *
 * UTF-8 text. `#` begins a comment where a token could begin. A statement starts in column 1,
 * indented lines continue it; a closing bracket may stand in column 1. Inside { } operators are
 * ordinary characters of words. Works over a view of the whole file, in one pass, and reports what
 * is wrong with the text itself: bytes that are not UTF-8, control characters, strings, regexes and
 * brackets that are not closed, operators of other languages (whose meaning is then taken). `#
 * allow CODE` goes to diag_allow for its line; on a line of its own, for the next line too.
 */
#ifndef POLICY_LEXER_H
#define POLICY_LEXER_H

#include "policy/diag.h"
#include "util/limits.h"

enum token_kind {
	TOKEN_WORD,
	TOKEN_STRING, /* text without quotes and escapes */
	TOKEN_REGEX,  /* /.../flags as written */
	TOKEN_OP,     /* = != < <= > >= ~ !~ */
	TOKEN_PUNCT,  /* ( ) { } , */
	TOKEN_END     /* of a statement; stands behind its last token */
};

struct token {
	enum token_kind kind;
	bool last;        /* TOKEN_END: the file ends here, and every later token is the same */
	bool broken;      /* the statement's text is faulty before this, and that is told */
	struct view text; /* "" for TOKEN_END; lives in the file's text or the arena */
	struct place at;
};

/* Plain, so that it needs no heap; the fields are the lexer's own. */
struct lexer {
	struct view text, line;
	struct view file;
	struct arena *arena;
	struct diag *diag;
	size_t next;         /* offset of the line after this one */
	size_t at;           /* offset in this line */
	uint32_t number;     /* of this line */
	bool regexes;        /* "/" begins a regex */
	bool line_bad, broken, begun, blank;
	struct place end;    /* behind the last token */
	struct bracket {
		char kind;
		struct place at;
	} open[EXPR_DEPTH];
	size_t depth, sets;  /* brackets open, and how many of them are '{' */
};

enum lexer_dialect { LEXER_RULES, LEXER_SETTINGS }; /* in settings a word may begin with "/" */

/* Keeps text and file, which must outlive the tokens. */
void lexer_init(struct lexer *l, enum lexer_dialect dialect, struct view file, struct view text,
	struct arena *a, struct diag *d);
void lexer_next(struct lexer *l, struct token *out);

#endif
