/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim_signer -- signs messages for tests. Owes nothing to libopendkim, so that each checks the
 * other.
 */
#ifndef TESTS_LIB_DKIM_SIGNER_H
#define TESTS_LIB_DKIM_SIGNER_H

#include "tests/lib/raw_message.h"

enum dkim_signer_alg { SIGNER_RSA_SHA1, SIGNER_RSA_SHA256, SIGNER_ED25519 };

struct dkim_signer {
	enum dkim_signer_alg alg;
	const char *domain, *selector; /* NULL = example.org, sel */
	bool relaxed;                  /* both canonicalizations; else both simple */
	bool partial;                  /* l= with `length` bytes of the canonical body */
	size_t length;
	const char *more; /* further tags, "i=@x.example; t=1"; NULL = none */
	const char *also; /* one more name for h= at its end; NULL = none */
	const char *pem;  /* private key */
};

/* Makes a key: its PEM and its TXT record. bits count for RSA. Live in a. */
void dkim_signer_key(enum dkim_signer_alg alg, int bits, struct arena *a, const char **pem_out,
	struct view *record_out);

/* Puts a DKIM-Signature over From, To, Subject, what `also` names and the body on top of m's fields. Lives in a. */
void dkim_signer_sign(const struct dkim_signer *s, struct raw_message *m, struct arena *a);

#endif
