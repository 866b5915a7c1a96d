/* SPDX-License-Identifier: BSD-2-Clause
 *
 * signature -- what DKIM and ARC signatures have in common (RFC 6376 section 3.7, RFC 8463), on OpenSSL: the
 * SHA-256 of what was signed, the header hash, and whether a key made a signature of it.
 */
#ifndef CHECKS_SIGNATURE_H
#define CHECKS_SIGNATURE_H

#include <openssl/evp.h>

#include "mail/dkim/canonical.h"
#include "mail/dkim/dkim_key.h"

enum { SIGNATURE_HASH = 32 };

/* The fields of a message as received, in order. Their bytes must live as long. */
struct signature_fields {
	struct header_field *field;
	size_t n, cap;
};
/* The array lives in a. */
void signature_fields_add(struct signature_fields *f, struct header_field h, struct arena *a);

/* A SHA-256 under way; it ends with the arena. OpenSSL fails at it only without memory, which ends the
 * process. */
EVP_MD_CTX *signature_hash_new(struct arena *a);
void signature_hash_add(void *hash, struct view v);
void signature_hash_end(EVP_MD_CTX *hash, unsigned char out[static SIGNATURE_HASH]);

/* The hash of the fields that h= names, and of the signature field itself, fields->field[own]. */
void signature_header(const struct signature_fields *fields, size_t own, enum canonical k, struct view h,
	struct arena *a, unsigned char out[static SIGNATURE_HASH]);

/* Is b a signature of digest by this key? False also if the key is of the other algorithm. */
bool signature_holds(const struct dkim_key *k, bool ed25519, struct view b,
	const unsigned char digest[static SIGNATURE_HASH]);

#endif
