/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay_target -- where an MTA, however old-fashioned, might send mail for a recipient.
 *
 * Its own domain, and those hidden in the local part: user%domain, domain!user, "user@domain" and
 * "@domain:user" in quotes. An open-relay guard lets a stranger's recipient pass only if every one of
 * them is the site's own, and none is unclear.
 */
#ifndef MAIL_RELAY_TARGET_H
#define MAIL_RELAY_TARGET_H

#include "mail/address.h"

enum { RELAY_TARGETS = 8 };

struct relay_target {
	struct view domain[RELAY_TARGETS]; /* normal form, literals as written; own domain first, if any */
	size_t n;
	bool unclear; /* a routing character with no domain at it, or more than RELAY_TARGETS */
};

/* Domains live in a, or are those of the address. */
void relay_target_find(const struct address *rcpt, struct arena *a, struct relay_target *out);

#endif
