/* SPDX-License-Identifier: BSD-2-Clause
 *
 * from_field -- whose mail it says it is: the From field as DMARC needs it (RFC 9989 section 4.2).
 *
 * One field with one mailbox names an author domain; whatever else a client may have written there
 * is told apart, never guessed at.
 */
#ifndef MAIL_FROM_FIELD_H
#define MAIL_FROM_FIELD_H

#include "mail/address.h"
#include "mail/header.h"

enum from_field_status {
	FROM_FIELD_ONE,  /* *out is the author */
	FROM_FIELD_NONE, /* no field, or no address in it */
	FROM_FIELD_MANY, /* several fields or addresses: *out is the first */
	FROM_FIELD_BAD   /* something beside the first address that is none, or an address without a
			  * domain name */
};
const char *from_field_why(enum from_field_status s); /* "more than one author" ... */

/* first: the topmost From field, or NULL; count: how many there are. *out is zeroed if there is no
 * address at all. Lives in a. */
enum from_field_status from_field_read(
	const struct header_field *first, size_t count, struct arena *a, struct address *out);

#endif
