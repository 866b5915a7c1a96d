/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls_chain -- private keys with their certificates, from PEM texts (RFC 7468).
 *
 * Keys and certificates may come in any order: each key goes with the certificates made for it, and a
 * certificate without a key is an intermediate one of the last before it that has one. Other objects, and the
 * text between, are remarks.
 */
#ifndef IO_TLS_CHAIN_H
#define IO_TLS_CHAIN_H

#include <openssl/x509.h>

#include "util/buf.h"
#include "util/limits.h"

enum { TLS_CHAIN_SUBJECT_MAX = 256 };

struct tls_chain {
	EVP_PKEY *key;
	X509 *leaf;
	STACK_OF(X509) *above;
};

struct tls_chains {
	size_t n;
	struct tls_chain chain[TLS_CHAINS_MAX];
};

/* Into *c, which is zeroed: at least one, or false and why says which object is wrong. To be ended with _done
 * in either case. */
bool tls_chain_read(struct tls_chains *c, const struct view *pem, size_t n, struct buf *why);
void tls_chain_done(struct tls_chains *c);

/* Adds the certificates of a text to those that are trusted. */
bool tls_chain_trust(X509_STORE *store, struct view pem, struct buf *why);

/* For messages: what a certificate is for; what, and the library's reason, whose errors are forgotten. */
void tls_chain_subject(X509 *cert, char out[static TLS_CHAIN_SUBJECT_MAX]);
void tls_chain_explain(struct buf *why, const char *what);

#endif
