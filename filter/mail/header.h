/* SPDX-License-Identifier: BSD-2-Clause
 *
 * header -- header fields as they came, and lists of them (RFC 5322 section 2.2).
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "util/arena.h"

struct header_field {
	struct view name;  /* as written, without colon */
	struct view value; /* raw: leading blank and inner folding kept, no final CRLF */
};

/* Value without folding: CRLF, LF or CR before a blank go, other CR, LF and NUL become a blank,
 * blanks at both ends go. Lives in a. */
struct view header_unfold(struct view value, struct arena *a);
/* RFC 5322 2.2: printable ASCII without colon, at least one byte. */
bool header_name_ok(struct view name);

#endif
