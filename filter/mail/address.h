/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address -- mail addresses: SMTP paths (RFC 5321 4.1.2), header mailboxes (RFC 5322 3.4, RFC 6532).
 *
 * Reading never fails on bad input: what is wrong is reported. Limits: DOMAIN_MAX, ADDRESSES_MAX,
 * and PATH_MAX_SMTP for a local part, since the ones that carry a return path of their own (VERP,
 * SRS, BATV) are often over LOCAL_PART_MAX. Time is linear in the input.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "util/arena.h"

struct address {
	struct view local;   /* quotes and backslashes of a quoted local part removed */
	struct view domain;  /* normal form (mail/domain.h); a literal stays as written */
	struct view text;    /* local@domain, ready for facts: as local, and domain in normal form */
	struct view display; /* of a mailbox: the phrase or "quoted name", raw, unquoted; or absent */
};

enum address_status { ADDRESS_OK, ADDRESS_NULL, ADDRESS_BAD };

/* The argument of MAIL or RCPT as an MTA hands it on: with or without <>, source route (skipped,
 * RFC 5321 appendix C), quoted local part. "" and "<>" give ADDRESS_NULL. "postmaster" without
 * domain is legal: domain is then absent. Lives in a. */
enum address_status address_path(struct view path, struct arena *a, struct address *out);

/* A local part alone, quoted or not, as "root" of a path that leaves the domain to the host. Lives in a. */
bool address_local_part(struct view text, struct arena *a, struct address *out);
/* The path of an address, without <>: the local part quoted if it is no dot-string (RFC 5321 4.1.2), the
 * domain as it is, if there is one. Lives in a. */
struct view address_mailbox(const struct address *x, struct arena *a);

struct address_list {
	struct address *item;
	size_t n;
	bool bad;   /* some of it was not an address: skipped */
	bool group; /* group syntax was used (RFC 5322 3.4, RFC 6854) */
	bool cut;   /* more than ADDRESSES_MAX */
};

/* The value of From, To, Reply-To ...: comments, folding, groups, quoted strings, obsolete forms
 * (RFC 5322 4.4) understood. Lives in a. */
void address_list(struct view value, struct arena *a, struct address_list *out);

#endif
