/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_query -- DMARC as a pure function of an author domain, its identifiers and DNS answers (RFC
 * 9989).
 *
 * Answers come through a function that may say "on its way": dmarc_query_run is then called again,
 * from the start, when more have come. It asks the names of a tree walk (section 4.10), at most
 * DMARC_QUERIES, all at once. A DNS error that the result hangs on is never taken for "no record".
 * What RFC 7489 and the public suffix list would have said is worked out from the same answers.
 */
#ifndef MAIL_DMARC_QUERY_H
#define MAIL_DMARC_QUERY_H

#include "mail/dmarc/dmarc_record.h"

enum dmarc_status {
	DMARC_ANSWER_PENDING,
	DMARC_ANSWER_FOUND,
	DMARC_ANSWER_NONE,
	DMARC_ANSWER_TEMPFAIL
};
struct dmarc_answer {
	enum dmarc_status status;
	bool nxdomain;          /* NONE: the name does not exist */
	const char *why;        /* TEMPFAIL */
	const struct view *txt; /* FOUND: the TXT records */
	size_t n;
};
/* txt: asks the TXT records of name; else whether name exists (RFC 8020), by any query that tells.
 */
typedef struct dmarc_answer dmarc_ask(void *ctx, struct view name, bool txt);

/* A domain that SPF or DKIM stands for. maybe: it failed to be checked, a DNS error: it may yet be
 * good. */
struct dmarc_identifier {
	struct view domain; /* normal form (mail/domain.h) */
	bool spf;           /* else DKIM */
	bool maybe;
};

struct dmarc_query {
	struct view author; /* domain of the From field, normal form */
	const struct dmarc_identifier *id;
	size_t n_id;
	dmarc_ask *ask;
	void *ctx;
};

enum dmarc_verdict {
	DMARC_PENDING,
	DMARC_NO_RECORD, /* "none" */
	DMARC_PASS,
	DMARC_FAIL,
	DMARC_PERMERROR, /* a record, but no policy to be had from it */
	DMARC_UNKNOWN    /* "temperror": hangs on a DNS error */
};
const char *dmarc_query_verdict_name(enum dmarc_verdict v); /* RFC 8601 words */

/* Of several, the largest holds. */
enum dmarc_tri { DMARC_NO, DMARC_MAYBE, DMARC_WAIT, DMARC_YES };

struct dmarc_outcome {
	enum dmarc_verdict verdict;
	const char *why;             /* UNKNOWN, and policy_known false */
	bool policy_known;           /* PASS and FAIL: false if np= hangs on a DNS error */
	enum dmarc_policy policy;    /* what applies to the author domain, t=y counted in */
	enum dmarc_policy published; /* the same without t=y */
	enum dmarc_tri dkim_aligned; /* a DKIM identifier aligns */
	enum dmarc_tri spf_aligned;  /* set where there is a record */
	struct view org; /* organizational domain; a view of author; absent if unknown or unasked */
	struct view record_domain;      /* where the record was; a view of author; absent = none */
	struct dmarc_record record;     /* which then stands here */
	bool compared;                  /* the two fields below are set: PASS, FAIL and NO_RECORD */
	enum dmarc_verdict old_verdict; /* by RFC 7489 */
	enum dmarc_policy old_policy;   /* its pct= not counted in */
};

struct dmarc_outcome dmarc_query_run(const struct dmarc_query *q);

/* The organizational domain of a domain by the tree walk (section 4.10.2): a view of it if the status
 * is FOUND; the other ends are PENDING and TEMPFAIL. */
enum dmarc_status dmarc_query_org(struct view domain, dmarc_ask *ask, void *ctx, struct view *org_out);

/* The domains of a tree walk from domain, longest first; returns how many. Views of domain. */
size_t dmarc_query_walk(struct view domain, struct view out[static DMARC_QUERIES]);
/* Starts the questions of that walk, whose answers may be wanted later. */
void dmarc_query_start(struct view domain, dmarc_ask *ask, void *ctx);

#endif
