/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_query -- the Sender Policy Framework: may this client send for this domain? (RFC 7208)
 *
 * spf_query_run is check_host() as a pure function that is run again: it asks through a callback
 * that may answer "pending"; then it asks what else it will probably need, returns SPF_PENDING, and
 * is called again from the start when answers have come. The caller remembers answers. However they
 * come in, the result is that of a strictly sequential evaluation.
 *
 * Two engines walk the records and give the same: libspf2 behind mail/spf/spf_libspf2.h, and the native
 * loop of mail/spf/spf_eval.h.
 *
 * Limits (section 4.6.4), a permerror each:
 *   - SPF_TERMS terms that ask: include, a, mx, ptr, exists, redirect; %{p} and exp= do not count;
 *   - SPF_VOID void look-ups: terms whose own question, or for mx an address of its names, has an
 * empty answer. One term counts once. Names behind PTR records do not count: the client chooses
 * them;
 *   - SPF_NAMES MX names a term. Of PTR names the first SPF_NAMES are used.
 *
 * Asking ahead: when an answer is pending, the first questions of the record's later terms are
 * asked too, as far as terms counted and terms asked ahead make SPF_TERMS together. A term asked
 * ahead in vain is one that an include or a match took the place of, so no zone can draw more
 * distinct questions than it could one at a time: 1 record, SPF_TERMS times 1 + SPF_NAMES, the
 * client's PTR and its SPF_NAMES, and the explanation: SPF_QUESTIONS_MAX.
 */
#ifndef MAIL_SPF_QUERY_H
#define MAIL_SPF_QUERY_H

#include "util/arena.h"
#include "util/cidr.h"
#include "util/limits.h"

enum { SPF_QUESTIONS_MAX = 1 + SPF_TERMS * (1 + SPF_NAMES) + 1 + SPF_NAMES + 1 };

enum spf_result {
	SPF_PENDING,
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR
};
const char *spf_query_result_name(
	enum spf_result r); /* "pending", "none" ... as RFC 8601 2.7.2 writes them */

enum spf_engine { SPF_LIBSPF2, SPF_NATIVE };

enum spf_rr { SPF_RR_A, SPF_RR_AAAA, SPF_RR_MX, SPF_RR_PTR, SPF_RR_TXT };

enum spf_ask { SPF_ASK_PENDING, SPF_ASK_FOUND, SPF_ASK_NONE, SPF_ASK_TEMPFAIL };

/* The arrays are read before the next question is asked; the bytes behind text last until
 * spf_query_run returns. */
struct spf_answer {
	const struct ip *ip;     /* A, AAAA */
	const struct view *text; /* MX, PTR: names without final dot; TXT: strings joined */
	size_t n;                /* FOUND: at least one */
	const char *why;         /* TEMPFAIL: a constant */
};

struct spf_query {
	struct ip ip;         /* family 0: there is no client to check: none */
	struct view local;    /* of the sender; absent or empty: "postmaster" */
	struct view domain;   /* of the sender; absent: null sender, or the HELO identity: helo */
	struct view helo;     /* as the client wrote it */
	struct view receiver; /* our name, for explanations */
	int64_t now;          /* seconds since 1970, for explanations */
	enum spf_engine engine;
	bool explain;         /* fetch and expand exp= for "fail" */
	/* name: neither empty nor impossible in the DNS; any bytes but dots may be in its labels.
	 * out is written for FOUND and TEMPFAIL. CNAMEs are followed by the asker. */
	enum spf_ask (*ask)(void *ctx, struct view name, enum spf_rr type, struct spf_answer *out);
	void *ctx;
};

struct spf_outcome {
	struct view
		domain; /* that the result is about; a view of the query's; absent if no client */
	struct view explanation; /* fail: the domain's own words, printable ASCII; else absent */
	const char *why;         /* temperror, permerror: the reason, a constant; else NULL */
	struct view where;       /* the term, or the name, that brought the error; may be absent */
	struct view mechanism;   /* the term that decided, of the domain or where it redirects; absent: none
	                          * matched, or there is no verdict */
	unsigned terms, voids;   /* counted, for evidence */
};

/* *out is written unless the result is SPF_PENDING. Lives in a. */
enum spf_result spf_query_run(const struct spf_query *q, struct arena *a, struct spf_outcome *out);

#endif
