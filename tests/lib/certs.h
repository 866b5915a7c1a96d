/* SPDX-License-Identifier: BSD-2-Clause
 *
 * certs -- keys and certificates for tests, made when they are needed.
 */
#ifndef TESTS_LIB_CERTS_H
#define TESTS_LIB_CERTS_H

#include "util/arena.h"

enum certs_key { CERTS_EC, CERTS_RSA, CERTS_RSA_1024 };

struct certs_pair {
	struct view key, cert; /* PEM */
};

struct certs_wish {
	const char *subject;    /* common name */
	const char *names;      /* subjectAltName, "DNS:mx.example.org,IP:192.0.2.1"; NULL = none */
	enum certs_key type;
	const struct certs_pair *issuer; /* NULL = signs itself */
	bool authority;
	bool expired;
	const char *usage; /* extendedKeyUsage, "serverAuth"; NULL = none */
};

/* Lives in a. */
struct certs_pair certs_make(const struct certs_wish *w, struct arena *a);
/* Key and certificate behind each other. */
struct view certs_both(const struct certs_pair *p, struct arena *a);

#endif
