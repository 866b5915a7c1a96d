/* SPDX-License-Identifier: BSD-2-Clause
 *
 * view -- a borrowed run of bytes, the type of everything that comes from outside.
 *
 * A view is never NUL-terminated; NUL, bare CR or LF and 8-bit bytes are data to be judged. p == NULL
 * means "absent", n == 0 with p != NULL means "empty". A view lives as long as what it points into.
 */
#ifndef UTIL_VIEW_H
#define UTIL_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
	const char *p;
	size_t n;
};

/* For printf: "%.*s" with VIEW_ARG(v). */
#define VIEW_ARG(v) (int)(v).n, ((v).p ? (v).p : "")
/* A view of a string literal, also usable in tables. */
#define VIEW(lit) ((struct view){(lit), sizeof(lit) - 1})

static inline struct view
view_of(const void *p, size_t n)
{
	return (struct view){p, n};
}

static inline struct view
view_str(const char *s)
{
	return (struct view){s, s ? strlen(s) : 0};
}

/* The rest of v after its first n bytes (all of it gone if n > v.n). */
static inline struct view
view_skip(struct view v, size_t n)
{
	n = n < v.n ? n : v.n;
	return n ? view_of(v.p + n, v.n - n) : v; /* absent stays absent */
}

static inline struct view
view_head(struct view v, size_t n)
{
	return view_of(v.p, n < v.n ? n : v.n);
}

/* ASCII only, whatever the locale. */
static inline char
view_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline bool
view_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool
view_is_alpha(char c)
{
	return (view_lower(c) >= 'a' && view_lower(c) <= 'z');
}
static inline bool
view_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool view_eq(struct view a, struct view b);
bool view_eq_nocase(struct view a, struct view b);       /* ASCII case-insensitive */
bool view_eq_str(struct view a, const char *s);          /* exact */
bool view_is(struct view a, const char *s);              /* ASCII case-insensitive */
bool view_starts_nocase(struct view v, const char *prefix);
bool view_ends_nocase(struct view v, struct view suffix);
int view_cmp(struct view a, struct view b);              /* memcmp order, shorter first */

/* Offset of byte c, or of the needle, in v; v.n if it is not there. */
size_t view_find(struct view v, char c);
size_t view_rfind(struct view v, char c);
size_t view_search_nocase(struct view v, struct view needle);

/* v without space, tab, CR and LF at both ends. */
struct view view_trim(struct view v);

/* Takes the piece up to sep from the front of *rest: true with the piece in *out (may be empty),
 * false when *rest was absent or used up. "a,,b" gives "a", "", "b". */
bool view_split(struct view *rest, char sep, struct view *out);

/* Decimal digits only, the whole of v, at most max. */
bool view_number(struct view v, uint64_t max, uint64_t *out);

#endif
