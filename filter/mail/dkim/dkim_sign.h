/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim_sign -- writes DKIM-Signature fields (RFC 6376 section 5, RFC 8301, RFC 8463).
 *
 * Always relaxed/relaxed, the whole body, no l= and no i=. What is there of the fields that section 5.4.1
 * names is signed, and From, Subject, Date and To once more than they are there, so that none can be added;
 * but a missing Date is left to the MTA behind us.
 */
#ifndef MAIL_DKIM_SIGN_H
#define MAIL_DKIM_SIGN_H

#include "mail/dkim/canonical.h"

enum { DKIM_SIGN_HASH = 32 }; /* bytes of SHA-256 */

struct dkim_sign_key;

/* Reads a private key in PEM: RSA of DKIM_RSA_BITS_MIN to DKIM_RSA_BITS_MAX bits, or Ed25519. gives.
 * NULL: *why_out (a constant) says what is wrong with it. */
struct dkim_sign_key *dkim_sign_key_read(struct view pem, const char **why_out);
void dkim_sign_key_free(struct dkim_sign_key *k); /* NULL is legal */
/* The TXT record that publishes its public part. Lives in a. */
struct view dkim_sign_key_record(const struct dkim_sign_key *k, struct arena *a);

/* The hash of a body as it passes; one serves every key. It lives in a. */
struct dkim_sign_body;
struct dkim_sign_body *dkim_sign_body_new(struct arena *a);
void dkim_sign_body_add(struct dkim_sign_body *b, struct view chunk);
void dkim_sign_body_end(struct dkim_sign_body *b, unsigned char hash_out[static DKIM_SIGN_HASH]);

/* The value of the field, folded with LF and a tab, without name and final line end; the field goes on top
 * of h. Absent if the key will not sign. Lives in a. */
struct view dkim_sign_field(const struct dkim_sign_key *k, struct view domain, struct view selector,
	const struct header_field *h, size_t n, const unsigned char hash[static DKIM_SIGN_HASH], int64_t now,
	struct arena *a);

#endif
