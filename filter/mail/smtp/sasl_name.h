/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sasl_name -- who logs in, read from a SASL exchange that is passed through (RFC 4954, RFC 4422).
 *
 * PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM (RFC 5802, RFC 7677), XOAUTH2, OAUTHBEARER
 * (RFC 7628). The name is the identity whose secret was shown (authcid), never the one that it asks to
 * act for, which some servers do not check; OAUTHBEARER and XOAUTH2 name only the user that the token
 * is said to be for. It counts only once the server has said 235. Nothing but the name is kept:
 * what was decoded is wiped. A name that is not clear to every reader (control characters, odd
 * structure, over SASL_NAME_MAX bytes) stays absent.
 */
#ifndef MAIL_SASL_NAME_H
#define MAIL_SASL_NAME_H

#include "util/limits.h"
#include "util/view.h"

/* Bits, so that a set of them is a number. */
enum sasl_mech {
	SASL_NONE = 0,
	SASL_PLAIN = 1 << 0,
	SASL_LOGIN = 1 << 1,
	SASL_CRAM_MD5 = 1 << 2,
	SASL_SCRAM_SHA_1 = 1 << 3,
	SASL_SCRAM_SHA_256 = 1 << 4,
	SASL_XOAUTH2 = 1 << 5,
	SASL_OAUTHBEARER = 1 << 6,
	SASL_ALL = (1 << 7) - 1
};

/* SASL_NONE for all others: -PLUS binds to the TLS connection, which ends at the proxy; EXTERNAL means
 * its certificate; GSSAPI and DIGEST-MD5 may add a security layer. */
enum sasl_mech sasl_name_mech(struct view name);
/* "SCRAM-SHA-256" of exactly one bit. */
const char *sasl_name_mech_name(enum sasl_mech m);

struct sasl_name {
	enum sasl_mech mech;
	unsigned lines; /* client's lines seen, the initial response counts as one */
	size_t n;       /* 0: not known */
	char name[SASL_NAME_MAX];
};

enum sasl_line {
	SASL_LINE_OK,     /* may be passed on */
	SASL_LINE_CANCEL, /* "*": the client gives up; pass it on, the server says 501 */
	SASL_LINE_BAD     /* not base64: 501 5.5.2, the exchange is over (RFC 4954 section 4) */
};

void sasl_name_init(struct sasl_name *s, enum sasl_mech mech);
/* One line of the client: the initial response of AUTH as it stands there ("=" is an empty one), or
 * an answer to a 334. Strict base64, at most AUTH_LINE_MAX bytes; an answer may be empty. */
enum sasl_line sasl_name_initial(struct sasl_name *s, struct view text);
enum sasl_line sasl_name_answer(struct sasl_name *s, struct view line);
/* Absent if not known. A view into s. */
struct view sasl_name_get(const struct sasl_name *s);

#endif
