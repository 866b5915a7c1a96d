/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim_key -- DKIM key records (RFC 6376 section 3.6.1, RFC 8301, RFC 8463).
 *
 * Stricter than libopendkim, which takes duplicate tags, a v= in the middle and RSA keys of any
 * size. Accepted are rsa keys of DKIM_RSA_BITS_MIN to DKIM_RSA_BITS_MAX bits with an exponent of up
 * to 32 bits (as SubjectPublicKeyInfo or bare RSAPublicKey), and ed25519 keys of 32 bytes.
 */
#ifndef MAIL_DKIM_KEY_H
#define MAIL_DKIM_KEY_H

#include "mail/taglist.h"

enum dkim_key_status {
	DKIM_KEY_OK,
	DKIM_KEY_FOREIGN, /* no key record at all: some other TXT record */
	DKIM_KEY_BAD,     /* a syntax error, or a key of no use for mail */
	DKIM_KEY_WEAK,    /* an RSA key that is too short (RFC 8301 3.2) */
	DKIM_KEY_REVOKED  /* p= is empty */
};

enum dkim_key_type { DKIM_KEY_RSA, DKIM_KEY_ED25519 };

struct dkim_key {
	enum dkim_key_type type;
	unsigned bits;
	struct view der; /* RSA: SubjectPublicKeyInfo; Ed25519: the 32 bytes (RFC 8463 section 4) */
	bool testing;    /* t=y */
	bool strict;     /* t=s: i= must have the very domain of d= */
};

/* Reads one TXT record. *out and *why_out (what is wrong, else NULL) are always written; der lives
 * in a. */
enum dkim_key_status dkim_key_read(
	struct view record, struct arena *a, struct dkim_key *out, const char **why_out);

/* The RSAPublicKey (RFC 8017 A.1.1) within a SubjectPublicKeyInfo for RSA; absent if it is none. */
struct view dkim_key_rsa(struct view info);

#endif
