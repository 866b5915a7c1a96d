/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ehlo -- what a server can do, as its answer to EHLO tells (RFC 5321 4.1.1.1).
 *
 * SIZE (RFC 1870), PIPELINING (2920), 8BITMIME (6152), SMTPUTF8 (6531), DSN (3461),
 * ENHANCEDSTATUSCODES (2034), CHUNKING (3030), BINARYMIME (3030: known, never offered), ETRN (1985),
 * REQUIRETLS (8689), LIMITS (9422), AUTH (4954, and "AUTH=" of old servers), STARTTLS (3207), XCLIENT
 * and XFORWARD (Postfix). Keywords that are not known are left out. Plain values, no memory.
 */
#ifndef MAIL_EHLO_H
#define MAIL_EHLO_H

#include "util/buf.h"
#include "util/view.h"

/* Bits. The first group is offered when backends and proxy have it; the second is between two
 * neighbours only, so that each side says it for itself. */
enum ehlo_keyword {
	EHLO_SIZE = 1 << 0,
	EHLO_PIPELINING = 1 << 1,
	EHLO_8BITMIME = 1 << 2,
	EHLO_SMTPUTF8 = 1 << 3,
	EHLO_DSN = 1 << 4,
	EHLO_ENHANCEDSTATUSCODES = 1 << 5,
	EHLO_CHUNKING = 1 << 6,
	EHLO_ETRN = 1 << 7,
	EHLO_REQUIRETLS = 1 << 8,
	EHLO_LIMITS = 1 << 9,
	EHLO_AUTH = 1 << 10,
	EHLO_COMMON = (1 << 11) - 1,

	EHLO_STARTTLS = 1 << 11,
	EHLO_XCLIENT = 1 << 12,
	EHLO_XFORWARD = 1 << 13,
	EHLO_BINARYMIME = 1 << 14
};

struct ehlo {
	unsigned has;      /* enum ehlo_keyword */
	uint64_t size;     /* of SIZE; 0 = no fixed ceiling */
	unsigned mechs;    /* of AUTH: enum sasl_mech (mail/smtp/sasl_name.h) */
	unsigned xclient;  /* of XCLIENT and XFORWARD: 1 << enum xclient_attribute (mail/smtp/xclient.h) */
	unsigned xforward;
	uint32_t mail_max, rcpt_max, rcpt_domain_max; /* of LIMITS; 0 = not said */
};

/* The lines of a 250 answer behind their codes, parted by LF, as struct smtp_answer has them; the
 * first is the greeting. AUTH without a mechanism that the proxy knows is not in `has`. */
void ehlo_parse(struct view lines, struct ehlo *out);
/* What both can do, of EHLO_COMMON only: the smaller size, the mechanisms of both. LIMITS tells no ability:
 * it is there if either has it, with the smaller numbers. */
struct ehlo ehlo_both(const struct ehlo *x, const struct ehlo *y);
/* Appends our 250 answer with CRLFs, "name" first. What is not to be offered now (AUTH before TLS,
 * STARTTLS within it) the caller has taken out of `has`; BINARYMIME is never written. */
void ehlo_write(const struct ehlo *e, struct view name, struct buf *out);

#endif
