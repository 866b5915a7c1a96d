/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_zone -- a DNS for tests of SPF: answers from a table, at once or only after some rounds.
 *
 * Each line of a zone is "NAME TYPE VALUE"; TYPE is A, AAAA, MX, PTR, TXT, CNAME, or TIMEOUT
 * without value: what is not listed at that name is a temporary failure. Answers' arrays are
 * overwritten by the next one, as mail/spf/spf_query.h allows.
 */
#ifndef TESTS_LIB_SPF_ZONE_H
#define TESTS_LIB_SPF_ZONE_H

#include "mail/spf/spf_query.h"

enum { SPF_ZONE_CNAME = SPF_RR_TXT + 1, SPF_ZONE_TIMEOUT };

/* When the answer to a new question is there. */
enum spf_zone_pace {
	SPF_ZONE_AT_ONCE,
	SPF_ZONE_NEXT_ROUND, /* all that was asked, after a round */
	SPF_ZONE_OLDEST,     /* one a round */
	SPF_ZONE_NEWEST,
	SPF_ZONE_PACES
};

struct spf_zone;

struct spf_zone *spf_zone_new(void);
void spf_zone_free(struct spf_zone *z);
void spf_zone_add(struct spf_zone *z, struct view name, int type, struct view value);
void spf_zone_read(struct spf_zone *z, const char *lines);

/* Forgets what was asked. */
void spf_zone_start(struct spf_zone *z, enum spf_zone_pace pace);
enum spf_ask spf_zone_ask(void *zone, struct view name, enum spf_rr type, struct spf_answer *out);
size_t spf_zone_questions(const struct spf_zone *z); /* distinct, since the start */

size_t spf_zone_rounds(const struct spf_zone *z); /* that ended pending, since the start */

/* spf_query_run until it is done, delivering between rounds. q->ask and q->ctx are set here. */
enum spf_result spf_zone_check(struct spf_zone *z, enum spf_zone_pace pace, struct spf_query *q,
	struct arena *a, struct spf_outcome *out);

#endif
