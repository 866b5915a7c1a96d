/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lexeme -- the words of structured header fields (RFC 5322 3.2, RFC 2047) and of SMTP paths.
 *
 * A reader that never fails: what is out of place is a JUNK lexeme of one byte and sets `bad`. A
 * quoted string or comment without end is no such thing: its opening byte is junk and what follows
 * is read on, so that nothing can be hidden behind it. No recursion, and time linear in the input.
 */
#ifndef MAIL_LEXEME_H
#define MAIL_LEXEME_H

#include "util/arena.h"
#include "util/buf.h"

enum lexeme_kind {
	LEXEME_END,
	LEXEME_WORD,    /* atext, dots, and bytes over 127 (RFC 6532) */
	LEXEME_ENCODED, /* an encoded word of RFC 2047, whatever stands inside it */
	LEXEME_QUOTED,  /* a quoted string, with its quotes */
	LEXEME_LITERAL, /* "[...]", with its brackets */
	LEXEME_SPECIAL, /* one of < > @ , ; : */
	LEXEME_JUNK
};

struct lexeme {
	enum lexeme_kind kind; /* of the current lexeme */
	struct view text;      /* its bytes */
	bool spaced;           /* blanks or comments stood before it */
	bool bad;              /* sticky: junk was seen */
	struct view rest;      /* private from here on: what is not read yet */
	bool path;             /* no blanks, comments and encoded words */
	bool no_quotes;        /* a quote without end was seen: all that follow are junk */
	bool no_comments;
};

/* Stands on the first lexeme. value is borrowed as long as l is used. path: the grammar of RFC 5321
 * 4.1.2, where blanks and comments are junk and encoded words are words. */
void lexeme_init(struct lexeme *l, struct view value, bool path);
/* Goes on to the next one; stays at LEXEME_END. */
void lexeme_next(struct lexeme *l);
bool lexeme_is(const struct lexeme *l, char special);

/* Length of the comment, or quoted string, that v begins with; 0 if there is none or no end. */
size_t lexeme_comment(struct view v);
size_t lexeme_quoted(struct view v);
/* v without blanks and comments at its front; absent if a comment has no end. */
struct view lexeme_skip_cfws(struct view v);
/* The content of a quoted string without quotes, backslashes, CR and LF of folding. Lives in a. */
struct view lexeme_unquote(struct view quoted, struct arena *a);
/* Appends v as a quoted string; without control characters, and with "?" for bytes that are no UTF-8. */
void lexeme_quote(struct view v, struct buf *out);

#endif
