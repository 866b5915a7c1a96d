/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reader -- the tokens of a file as parsers want them: expected, taken, or refused with a message.
 *
 * The error is sticky: after the first of a statement the reader stands at the statement's end and
 * every further expectation fails in silence, so a parser runs on and asks `failed` once. What it
 * then built is incomplete and thrown away. Nodes are never NULL.
 */
#ifndef POLICY_READER_H
#define POLICY_READER_H

#include "policy/parser/ast.h"
#include "policy/parser/lexer.h"

struct reader {
	struct lexer lexer;
	struct token now;    /* the token that is next to be taken */
	bool failed;         /* this statement has an error */
	unsigned level;      /* nesting of the expression that is read */
	struct arena *arena;
	struct diag *diag;
	struct view file;
	struct ast_clause *clauses, *clause; /* of this statement: the first and the last so far */
};

void reader_init(struct reader *r, enum lexer_dialect dialect, struct view file, struct view text,
	struct arena *a, struct diag *d);
/* Moves to the first token of the next statement, over what is left of this one. False: no more. */
bool reader_begin(struct reader *r);
void reader_skip(struct reader *r); /* the next token */
/* The next token begins a clause, which ends where the next one begins, or the statement. */
void reader_clause(struct reader *r);
/* Those of the statement, which is read to its end. */
struct ast_clause *reader_clauses(struct reader *r);
/* All that was written from this place to the token that is next. */
struct view reader_text(const struct reader *r, const struct place *from);

/* Reports an error at the token that is next, unless its statement is known to be broken. */
void reader_fail(struct reader *r, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same at another place. */
void reader_fail_at(struct reader *r, const struct place *at, const char *hint, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
/* "expected WHAT, found ...". */
void reader_expected(struct reader *r, const char *what, const char *hint);

/* ---- what is next ---- */

bool reader_at(const struct reader *r, enum token_kind kind);
bool reader_at_word(const struct reader *r, const char *word);
bool reader_at_punct(const struct reader *r, char c);
/* Takes it if it is there. */
bool reader_take_word(struct reader *r, const char *word);
bool reader_take_punct(struct reader *r, char c);
/* Index of the next word among words separated by blanks; -1 if it is none. Nothing is taken. */
int reader_index(const struct reader *r, const char *words);

/* ---- what must come; `what` is for the message ---- */

struct ast_word *reader_keep(struct reader *r);                     /* any token, as a node */
struct ast_word *reader_word(struct reader *r, const char *what);   /* a word */
struct ast_word *reader_name(struct reader *r, const char *what);   /* a lower-dashed name */
struct ast_word *reader_symbol(struct reader *r);                   /* a rule's name */
struct ast_word *reader_string(struct reader *r, const char *what); /* a text in double quotes */
void reader_keyword(struct reader *r, const char *word, const char *what);
void reader_punct(struct reader *r, char c, const char *where);     /* where: "" or " after of" */
int32_t reader_score(struct reader *r, struct place *at_out);
struct ast_word *reader_number(struct reader *r, const char *what, uint64_t max, uint64_t *out);
struct ast_word *reader_duration(struct reader *r, const char *what, uint64_t *ms_out);
/* Whole seconds, at least one. */
struct ast_word *reader_seconds(struct reader *r, const char *what, uint32_t *out);
/* NAME { "," NAME }, each read by one. */
struct ast_word *reader_list(struct reader *r, struct ast_word *(*one)(struct reader *));
/* One of the words, as its index; -1 after an error: "expected WHAT, found ...", or for another
 * word "UNKNOWN 'x'" with a suggestion. word_out may be NULL. */
int reader_choice(struct reader *r, const char *what, const char *unknown, const char *words,
	struct ast_word **word_out);

/* "'x'", shortened, or "the end of the statement": how a token is named in messages. */
const char *reader_shown(struct reader *r, const struct token *t);

#endif
