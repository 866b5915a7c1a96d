/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arc_verify -- the ARC chain of one message (RFC 8617 section 5.2), on OpenSSL.
 *
 * Order: _new, _header ..., _eoh, then in any order _body ... and _key for every name, then _end. Nothing
 * waits and nothing of the body is kept. All memory lives in the arena. Of the message signatures the
 * newest is verified, and every seal; which older ones still hold is not asked. As for DKIM, a message
 * without exactly one From has no valid chain: of two only the last was signed.
 */
#ifndef CHECKS_ARC_VERIFY_H
#define CHECKS_ARC_VERIFY_H

#include "checks/dkim_verify.h"
#include "mail/dkim/arc_set.h"

struct arc_verify;

enum arc_verdict { ARC_NONE, ARC_PASS, ARC_FAIL, ARC_TEMPERROR };

struct arc_result {
	enum arc_verdict verdict;
	const char *why;     /* FAIL, TEMPERROR: a constant; TEMPERROR: of the DNS */
	struct view sealer;  /* d= of the newest seal; absent without a chain */
	struct view authres; /* what that sealer's ARC-Authentication-Results say; absent without a chain */
	size_t sets;
	bool partial;        /* the newest message signature has l=: the body may have been added to */
};

struct arc_verify *arc_verify_new(struct arena *a);
void arc_verify_header(struct arc_verify *v, const struct header_field *h);
void arc_verify_eoh(struct arc_verify *v);
void arc_verify_body(struct arc_verify *v, struct view chunk);

/* After _eoh: the TXT records to ask for; none if the chain is broken or absent. */
size_t arc_verify_count(const struct arc_verify *v);
struct view arc_verify_key_name(const struct arc_verify *v, size_t i);
/* The answer; the first usable record counts. why (a constant) is for TEMPFAIL. */
void arc_verify_key(struct arc_verify *v, size_t i, enum dkim_key_answer answer, const struct view *txt,
	size_t n, const char *why);

/* The body is complete. Once. */
struct arc_result arc_verify_end(struct arc_verify *v);

#endif
