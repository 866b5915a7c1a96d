/* SPDX-License-Identifier: BSD-2-Clause
 *
 * taglist -- tag=value lists (RFC 6376 section 3.2): DKIM signatures and keys, ARC sets, DMARC
 * records.
 *
 * taglist_read is strict: one fault and there is no list, as RFC 6376 wants it. taglist_next is the
 * lenient way of DMARC, whose faulty tags are left out one by one. At most TAGLIST_TAGS tags.
 */
#ifndef MAIL_TAGLIST_H
#define MAIL_TAGLIST_H

#include "util/arena.h"
#include "util/limits.h"

struct tag {
	struct view name;
	struct view value; /* without blanks at its ends; inner folding stays */
};

struct taglist {
	struct tag tag[TAGLIST_TAGS];
	size_t n;
};

/* True if text is a tag-list; *out then borrows from text. Folding may be CRLF or LF; bytes over
 * 127 pass in values (RFC 8616). False: *why_out says what is wrong. */
bool taglist_read(struct view text, struct taglist *out, const char **why_out);
/* The value of a tag (names are case-sensitive); absent if there is none. */
struct view taglist_get(const struct taglist *l, const char *name);

/* A copy of a value without any folding or blanks, for b=, bh=, h=, p=. Lives in a. Absent stays
 * absent. */
struct view taglist_compact(struct view value, struct arena *a);

/* Takes the next piece between semicolons from *rest: false when none is left. Blanks at the ends
 * of name and value are cut; a piece without '=' has an absent value. Syntax is not checked. */
bool taglist_next(struct view *rest, struct tag *out);

#endif
