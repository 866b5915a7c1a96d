/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dkim_verify -- the DKIM signatures of one message (RFC 6376), through libopendkim and never past
 * us.
 *
 * libopendkim canonicalizes, hashes and verifies; what it is given and what counts is decided here:
 * no field that makes it read too far, no key that we have not judged, no DNS of its own, no
 * rsa-sha1. Fields beyond the first DKIM_SIGNATURES, and what we refuse, it does not see at all, nor those
 * that mail/dkim/dkim_signature keeps from it: they are verified by checks/signature. A message without
 * exactly one From has no valid signature (RFC 6376 section 3.8, RFC 5322 section 3.6).
 *
 * Order: _new, _header ..., _eoh, then in any order _body ... and _key for every signature with a
 * _key_name, then _end, then _result. Nothing waits and nothing of the body is kept. All memory,
 * the library's too, lives in the arena; its library handles go at the arena's reset.
 */
#ifndef CHECKS_DKIM_VERIFY_H
#define CHECKS_DKIM_VERIFY_H

#include "mail/dkim/dkim_signature.h"
#include "mail/header.h"

struct dkim_verify;

enum dkim_verdict { /* RFC 8601 section 2.7.1 */
	DKIM_PASS,
	DKIM_FAIL,      /* signature or body hash does not match */
	DKIM_TEMPERROR, /* the key could not be asked for */
	DKIM_PERMERROR, /* no usable key, or no usable message */
	DKIM_NEUTRAL,   /* the signature cannot be processed */
	DKIM_POLICY     /* rsa-sha1, a short key, expired: not accepted */
};
const char *dkim_verify_verdict_name(enum dkim_verdict v);

struct dkim_verify_result {
	enum dkim_verdict verdict;
	const char *why; /* NULL if it passed */
	const struct dkim_signature *signature;
	bool testing; /* the key says t=y */
};

/* now: seconds since 1970, for x= and t=. Lives in a. */
struct dkim_verify *dkim_verify_new(struct arena *a, int64_t now);

/* Every field of the message in order, as received; folding may be CRLF or LF. */
void dkim_verify_header(struct dkim_verify *v, const struct header_field *h);
void dkim_verify_eoh(struct dkim_verify *v);
void dkim_verify_body(struct dkim_verify *v, struct view chunk);

/* Signatures that are verified and reported, and how many more there were. */
size_t dkim_verify_count(const struct dkim_verify *v);
size_t dkim_verify_ignored(const struct dkim_verify *v);

/* After _eoh: the TXT record that signature i needs; absent if it needs none. */
struct view dkim_verify_key_name(const struct dkim_verify *v, size_t i);

enum dkim_key_answer { DKIM_ANSWER_FOUND, DKIM_ANSWER_NONE, DKIM_ANSWER_TEMPFAIL };
/* The answer to it; the first usable record counts. why (a constant) is for TEMPFAIL. */
void dkim_verify_key(struct dkim_verify *v, size_t i, enum dkim_key_answer answer,
	const struct view *txt, size_t n, const char *why);

/* The body is complete. Once; a signature whose key was not told is a TEMPERROR. */
void dkim_verify_end(struct dkim_verify *v);
struct dkim_verify_result dkim_verify_result(const struct dkim_verify *v, size_t i);

#endif
