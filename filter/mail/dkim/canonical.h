/* SPDX-License-Identifier: BSD-2-Clause
 *
 * canonical -- the two canonicalizations of DKIM and ARC (RFC 6376 section 3.4).
 *
 * A field comes out in one piece, a body in pieces as it comes in: nothing of it is kept. Only CRLF ends a
 * line of a body; a bare CR or LF is a byte like any other. In a field LF, which is how milters hand over
 * folding, counts as CRLF.
 */
#ifndef MAIL_CANONICAL_H
#define MAIL_CANONICAL_H

#include "mail/header.h"

enum canonical { CANONICAL_SIMPLE, CANONICAL_RELAXED };

/* Reads c=: "relaxed/simple", "relaxed" (body simple), absent (both simple). False: none of them. */
bool canonical_read(struct view c, enum canonical *header_out, enum canonical *body_out);

/* The field as it is hashed, without CRLF at its end. Lives in a. */
struct view canonical_field(enum canonical k, const struct header_field *h, struct arena *a);
/* The field's value with the value of its b= tag taken out (RFC 6376 section 3.5). Lives in a. */
struct view canonical_unsigned(struct view value, struct arena *a);

/* A body on its way. Plain value; sink may be called with any number of pieces. */
struct canonical_body {
	enum canonical kind;
	void (*sink)(void *ctx, struct view piece);
	void *ctx;
	uint64_t left;  /* bytes that l= still lets through */
	uint64_t lines; /* empty lines held back: they count only if something follows */
	bool blank;     /* relaxed: white space held back */
	bool cr;        /* a CR that may begin CRLF */
	bool any;       /* something came out, or an unfinished line is held */
	bool open;      /* the last line has bytes and no end yet */
};

/* limit: of l=; UINT64_MAX = the whole body. */
void canonical_body_init(struct canonical_body *b, enum canonical k, uint64_t limit,
	void (*sink)(void *ctx, struct view piece), void *ctx);
void canonical_body_add(struct canonical_body *b, struct view chunk);
void canonical_body_end(struct canonical_body *b);

#endif
