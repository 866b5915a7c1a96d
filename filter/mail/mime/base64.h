/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base64 -- strict base64 (RFC 4648 section 4), as keys and signatures hold it.
 */
#ifndef MAIL_BASE64_H
#define MAIL_BASE64_H

#include "util/arena.h"

/* Decodes text without blanks, of at most DNS_TXT_MAX bytes. Absent if it is none, or empty. Lives in a. */
struct view base64_decode(struct view text, struct arena *a);

/* In one line, padded. Lives in a. */
struct view base64_encode(struct view bytes, struct arena *a);

#endif
