/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_run -- one SPF evaluation under way: what it has counted, and the questions it asks.
 *
 * Shared by the engines that walk records: they decide what the answers mean.
 */
#ifndef MAIL_SPF_RUN_H
#define MAIL_SPF_RUN_H

#include "mail/spf/spf_query.h"
#include "mail/spf/spf_macro.h"
#include "mail/spf/spf_record.h"

struct spf_run {
	const struct spf_query *q;
	struct arena *a;
	struct spf_macro macro; /* domain and validated change with the record */
	unsigned terms, voids;  /* counted so far */
	unsigned ahead;         /* terms that may be asked ahead and are not counted yet */
	const char *why;        /* of the first error, as in struct spf_outcome */
	struct view where;
	struct view explanation;
	struct view mechanism; /* as in struct spf_outcome */
};

/* The end of one step. */
enum spf_step {
	SPF_STEP_NO,
	SPF_STEP_YES,
	SPF_STEP_PENDING,
	SPF_STEP_TEMPERROR,
	SPF_STEP_PERMERROR
};

/* Notes the reason, if it is the first, and returns SPF_STEP_PERMERROR or SPF_STEP_TEMPERROR. */
enum spf_step spf_run_permerror(struct spf_run *r, const char *why, struct view where);
enum spf_step spf_run_temperror(struct spf_run *r, const char *why, struct view where);

/* Asks; a name that is empty or impossible (RFC 1035 2.3.4) has no records and is not asked for. */
enum spf_ask spf_run_ask(
	struct spf_run *r, struct view name, enum spf_rr type, struct spf_answer *out);

/* Has name an address that shares the client's first bits4 or bits6 bits? An empty answer sets
 * *void_out. */
enum spf_step spf_run_address(
	struct spf_run *r, struct view name, const struct spf_term *t, bool *void_out);

/* The SPF record of domain (sections 4.3 to 4.5): YES, or NO if it has none. */
enum spf_step spf_run_record(struct spf_run *r, struct view domain, struct spf_record *out);

/* A validated name of the client (section 5.5): *name itself, or one below it. YES or NO, or
 * PENDING; errors are NO. *void_out (may be NULL): the client has no PTR record. */
enum spf_step spf_run_ptr_under(struct spf_run *r, struct view name, bool *void_out);

/* The target name of spec in a record of domain; domain itself if spec is absent. YES, or PENDING
 * if %{p} is. */
enum spf_step spf_run_target(struct spf_run *r, struct view domain, struct view spec,
	char out[static DOMAIN_MAX], struct view *name_out);

/* r->explanation from an exp= of domain (section 6.2): YES, PENDING, or NO: as if there were no
 * exp=. */
enum spf_step spf_run_explain(struct spf_run *r, struct view domain, struct view spec);

/* PTR: the client's own name in in-addr.arpa or ip6.arpa. */
struct view spf_run_arpa(const struct spf_run *r, char out[static DOMAIN_MAX]);
enum spf_rr spf_run_address_rr(const struct spf_run *r);

#endif
