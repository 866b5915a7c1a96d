/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arc_set -- the ARC sets of a message, and whether they form a chain (RFC 8617 sections 4 and 5.2).
 *
 * Judges all that can be judged without keys: one of each field an instance, instances 1 to n without
 * gap, tags, what each seal says of the chain before it. At most ARC_SETS sets (section 4.2.1).
 */
#ifndef MAIL_ARC_SET_H
#define MAIL_ARC_SET_H

#include "mail/dkim/canonical.h"
#include "mail/taglist.h"

struct arc_signature { /* of an ARC-Message-Signature or an ARC-Seal */
	bool ed25519; /* else rsa-sha256 */
	struct view d, s; /* A-labels (RFC 8616), d in lower case */
	struct view b;    /* decoded */
};

struct arc_set {
	const struct header_field *results, *message, *seal;
	struct view authres; /* what follows the instance in ARC-Authentication-Results */
	struct arc_signature message_signature, seal_signature;
	/* of the newest set only */
	enum canonical header, body;
	struct view bh; /* decoded */
	struct view h;  /* names, separated by colons */
	uint64_t l;     /* UINT64_MAX = the whole body */
};

enum arc_chain_status { ARC_CHAIN_NONE, ARC_CHAIN_BAD, ARC_CHAIN_OK };

struct arc_chain {
	enum arc_chain_status status;
	const char *why; /* ARC_CHAIN_BAD: a constant */
	const struct arc_set *set; /* in the order of their instances */
	size_t n;
};

/* The three fields of a set; others are none of them. */
bool arc_set_is_field(struct view name);

/* Reads the chain out of all header fields, which are kept as long as *out. What is made lives in a. */
void arc_set_read(const struct header_field *h, size_t n, struct arena *a, struct arc_chain *out);

#endif
