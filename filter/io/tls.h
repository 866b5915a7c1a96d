/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls -- what many connections share of TLS: certificates, keys, trust, and what is allowed.
 *
 * Certificates come as bytes: a worker cannot read root's files. Never: renegotiation, compression, versions
 * below the minimum. Session tickets are given, nothing is remembered here. Immutable once made, used by all
 * threads. A reload makes a new one; connections keep the one they began with.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "util/buf.h"

struct tls;

enum tls_version { TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };

struct tls_server_options {
	/* PEM: private keys and certificates, in any number of pieces and any order: each key goes with the
	 * certificate made for it, whose intermediate certificates follow it. A client that names a host
	 * (SNI, RFC 6066 section 3) gets the certificates for that name, of each type of key; others, and
	 * those that name an unknown host, get those for the first certificate's first name. At most
	 * TLS_CHAINS_MAX keys. */
	const struct view *pem;
	size_t n_pem;
	enum tls_version min; /* below 1.2, old ciphers and keys are allowed too: plain text is the
	                         alternative */
	bool ask_certificate; /* the client's, which it may refuse; it is reported, and never fails */
	struct view ca;       /* PEM: who may certify clients; absent: the system's */
};

struct tls_client_options {
	enum tls_version min; /* as above */
	bool verify;          /* the server's certificate, against ca and the name it is reached by */
	struct view ca;       /* PEM; absent: the system's */
};

/* gives; NULL: why says which key or certificate is wrong and what would help. */
struct tls *tls_server_new(const struct tls_server_options *o, struct buf *why);
struct tls *tls_client_new(const struct tls_client_options *o, struct buf *why);
/* Until the first of a server's certificates ends; 0: one has ended, or does within a day. */
int tls_days(const struct tls *t);
/* One more owner, from any thread; each ends with tls_free. Returns t. */
struct tls *tls_share(struct tls *t);
void tls_free(struct tls *t); /* NULL is legal */

enum { TLS_NAME_MAX = 256, TLS_FINGERPRINT_MAX = 65 };

/* Of one connection. */
struct tls_info {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
	int bits;            /* of its key */
	bool resumed;
	char sni[TLS_NAME_MAX];  /* the host that the client named; "" = none, or not a host name */
	bool has_certificate;    /* the peer's; it proved that it has the key */
	bool verified;           /* by a trusted authority; at a client: for the right name */
	char name[TLS_NAME_MAX]; /* its first DNS name or e-mail address, else its common name; "" = none.
	                            Printable ASCII without blanks */
	char fingerprint[TLS_FINGERPRINT_MAX]; /* SHA-256, lower-case hexadecimal */
};

/* For io/tls_session: a new connection of this kind over s (kept), as a server or towards name; NULL: there
 * is no name to be verified, or it is none. */
struct tls_socket;
struct ssl_st *tls_connection(const struct tls *t, const char *name, struct tls_socket *s);

#endif
