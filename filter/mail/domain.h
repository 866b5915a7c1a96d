/* SPDX-License-Identifier: BSD-2-Clause
 *
 * domain -- domain names in mail: syntax, one spelling, registrable part.
 *
 * RFC 5321 4.1.2 (Domain), RFC 5890 (A-labels), RFC 1035 2.3.4 (lengths), publicsuffix.org.
 */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include "util/arena.h"

/* The one spelling used in facts and look-ups: lower case, U-labels turned to A-labels (IDNA2008
 * non-transitional, as UTS 46), no final dot. Absent if it cannot be a domain name (empty label,
 * over 63 or 253 bytes, a control character, blank, '@', '/' ...). Underscores are let through: the
 * DNS has them. Lives in a. */
struct view domain_normal(struct view name, struct arena *a);

/* A name of a signature (RFC 8616): as it is if it is ASCII, else normal; "" if that cannot be a domain
 * name, or has a final dot. Lives in a, or is name. */
struct view domain_a_labels(struct view name, struct arena *a);

/* RFC 5321 4.1.2: letters, digits and inner hyphens in every label. One label is enough. */
bool domain_syntax_ok(struct view name);
size_t domain_labels(struct view name);
/* The last n labels; the whole name if it has fewer. */
struct view domain_tail(struct view name, size_t n);
/* name is parent, or ends in "." parent. ASCII case-insensitive. */
bool domain_under(struct view name, struct view parent);

/* The name one label below the public suffix ("a.b.co.uk" -> "b.co.uk"); absent if name is itself a
 * public suffix or has an unlisted single label. name must be normal. A view into name. Uses the
 * system's list through libpsl (read at the first call, then shared). */
struct view domain_registrable(struct view name);
/* Both have the same registrable part, or are the same: relaxed alignment (RFC 9989) without DNS. Both
 * must be normal. */
bool domain_related(struct view a, struct view b);
/* The first domain name, or domain of an address, that is written in a text and is registrable. Looks at
 * the first DOMAIN_SOUGHT bytes only. In normal form, or absent. Lives in a. */
struct view domain_find(struct view text, struct arena *a);
/* The name ends in a suffix of the list (the rule "*" for unlisted ones does not count). */
bool domain_has_known_suffix(struct view name);

#endif
