/* SPDX-License-Identifier: BSD-2-Clause
 *
 * xtext -- bytes as ESMTP parameters hold them: "+2B" for "+" (RFC 3461 section 4).
 */
#ifndef MAIL_XTEXT_H
#define MAIL_XTEXT_H

#include "util/arena.h"
#include "util/buf.h"

/* Printable ASCII without blanks, each "+" followed by two hexadecimal digits. "=" passes: clients
 * forget to encode it, and Postfix takes it. Bytes over 127 only if utf8 (RFC 6533 section 3). */
bool xtext_ok(struct view text, bool utf8);
/* What is encoded, any bytes. Absent if xtext_ok(text, true) is false. Lives in a. */
struct view xtext_decode(struct view text, struct arena *a);
/* Appends: "+", "=" and all but printable ASCII encoded. */
void xtext_encode(struct view bytes, struct buf *out);

#endif
