/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dnsbl_past -- what was usual of a DNS list, kept in the store: it outlives the worker that saw it, and is
 * shared by all workers, and nodes, that look up the same fact in the same zone.
 *
 * Three records of STORE_DNSBL, under ZONE/FACT/listed, /absent and /state/ENTRY. The first two are series
 * of what was learned (checks/dnsbl_breaker.h) in the last DNSBL_PAST_SECONDS: each worker adds what it
 * learned since it last did, in one step of the store, so none overwrites what another saw; of what was
 * listed and what was not there is always a share, of whichever is late. The third is one of four words,
 * for what cannot be added: whether the list had this test entry (another is another question), and
 * whether it is suspended. Who saw that change last is right.
 *
 * The past is heard before anything is told, and taken once: a month that went on growing would hold up what
 * a worker learns. Only one that has seen too little itself hears again what others learned. A list that was
 * suspended is so until a probe finds it sane. A store that is away is asked each second; until then a list
 * has no past, and what is learned meanwhile counts only where the store has none either. A damaged record
 * is as none. Not locked.
 */
#ifndef CHECKS_DNSBL_PAST_H
#define CHECKS_DNSBL_PAST_H

#include "checks/dnsbl_breaker.h"
#include "policy/rule.h"
#include "svc/store.h"

enum { DNSBL_PAST_REQUESTS = 3 };

struct dnsbl_past {
	struct view listed, absent, state; /* keys */
	bool heard;
	unsigned kept;        /* the state that the store has, since when */
	int64_t kept_at;
	unsigned telling;     /* what it has been sent */
	uint64_t telling_listed, telling_absent;
	int64_t asked_ms;     /* 0 = never */
	uint64_t values;      /* that the store knew of when it was last asked */
};

/* fact: what is looked up. Keys live in a. */
void dnsbl_past_init(struct dnsbl_past *p, const struct dnsbl *d, const char *fact, struct arena *a);
/* What to ask of the store now, in order; how many. along: it is asked for something else too; only then
 * is it told what was learned, and nothing is asked more often for that. wall: seconds since 1970. */
size_t dnsbl_past_requests(struct dnsbl_past *p, const struct dnsbl_breaker *b, bool along, int64_t now_ms,
	int64_t wall, struct store_request out[static DNSBL_PAST_REQUESTS]);
/* Their n answers. */
void dnsbl_past_heard(struct dnsbl_past *p, struct dnsbl_breaker *b, const struct store_result *r, size_t n,
	int64_t now_ms);

#endif
