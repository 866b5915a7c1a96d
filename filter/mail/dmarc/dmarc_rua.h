/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_rua -- where DMARC aggregate reports go: the rua= list (RFC 9989 section 4.7), mailto: only.
 *
 * An address becomes a field and an argument of a command, so only plain ones pass: a dot-atom
 * (RFC 5322 3.2.3) of ASCII at a host name. What has a header field (RFC 6068 "?"), a quoted local
 * part or an address literal is BAD, as any other scheme is.
 */
#ifndef MAIL_DMARC_RUA_H
#define MAIL_DMARC_RUA_H

#include "util/arena.h"

struct dmarc_rua {
	struct view address;   /* local@domain */
	struct view domain;    /* normal form (mail/domain.h) */
	uint64_t max_bytes;    /* of "!10m": no longer message is wanted; 0 = any */
};

enum dmarc_rua_end { DMARC_RUA_END, DMARC_RUA_OK, DMARC_RUA_BAD };

/* The next URI of *list, which moves on. Of a BAD one only address is set: the URI as written. Lives in
 * a. */
enum dmarc_rua_end dmarc_rua_next(struct view *list, struct arena *a, struct dmarc_rua *out);
/* local@domain as it may stand in such a URI, with its domain in *domain_out; absent if it may not. */
struct view dmarc_rua_address(struct view text, struct arena *a, struct view *domain_out);

#endif
