/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim_signature -- our own view of a DKIM-Signature field (RFC 6376 section 3.5, RFC 8301, RFC
 * 8463, RFC 8616).
 *
 * Judges what can be judged without key and message. libopendkim is to see nothing that is not OK: its qp
 * decoder reads past a stray '=' in i=, its buffers cut long h= and i=, and it looks for every name of h= in
 * all of the header before it can be told to leave a signature alone.
 */
#ifndef MAIL_DKIM_SIGNATURE_H
#define MAIL_DKIM_SIGNATURE_H

#include "mail/dkim/canonical.h"
#include "mail/taglist.h"

enum dkim_signature_status {
	DKIM_SIGNATURE_OK,
	DKIM_SIGNATURE_BAD,  /* syntax, a missing tag, something unknown: it cannot be processed */
	DKIM_SIGNATURE_WEAK, /* rsa-sha1 (RFC 8301 3.1): never valid */
	DKIM_SIGNATURE_EXPIRED /* x= has passed */
};

enum dkim_signature_alg { DKIM_RSA_SHA256, DKIM_ED25519_SHA256 };

struct dkim_signature {
	enum dkim_signature_status status;
	const char *why; /* status is not OK: what is wrong */
	bool own; /* not for libopendkim: d=, s= or i= has UTF-8 (RFC 8616), which it does not know, or
		   * h= names DKIM-Signature: if it names all fields, the library writes past an array */
	enum dkim_signature_alg alg;
	enum canonical header, body;
	struct view d;    /* lower case, A-labels, no final dot; "" if missing */
	struct view s, a; /* "" if missing; s in A-labels */
	struct view i;    /* as written, without folding; absent if there is none */
	struct view b;    /* its first 8 characters (RFC 6008); "" if missing */
	bool i_is_d;      /* the domain of i= is d=, not one below it */
	bool has_l;       /* l= is there: the body may have been added to */
	uint64_t l;
	struct view h, b_text, bh; /* without blanks, otherwise as written; absent if missing */
};

/* Reads the raw value of the field. now: seconds since 1970. Never fails: see status. What of *out
 * is not a constant lives in a. */
void dkim_signature_read(
	struct view value, int64_t now, struct arena *a, struct dkim_signature *out);

/* The name of the key record: s._domainkey.d. Lives in a. */
struct view dkim_signature_key_name(const struct dkim_signature *g, struct arena *a);

#endif
