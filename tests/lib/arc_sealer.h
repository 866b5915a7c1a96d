/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arc_sealer -- seals messages for tests (RFC 8617 section 5.1). That it seals as others do, the open test
 * suite tells: what verifies its messages verifies ours.
 */
#ifndef TESTS_LIB_ARC_SEALER_H
#define TESTS_LIB_ARC_SEALER_H

#include "tests/lib/raw_message.h"

struct arc_sealer {
	const char *pem, *domain; /* RSA; the selector is "s" */
	const char *authres;      /* "mx.example; dmarc=pass" */
	const char *cv;           /* NULL: what suits */
	const char *more;         /* further tags of the message signature, "l=3; "; NULL = none */
};

/* Puts set number i on top of m's fields, which hold sets 1 to i-1. Lives in a. */
void arc_sealer_seal(const struct arc_sealer *s, unsigned i, struct raw_message *m, struct arena *a);

#endif
