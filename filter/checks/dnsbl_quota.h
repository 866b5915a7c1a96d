/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dnsbl_quota -- how many queries have left for a DNS list, of all workers and nodes, and its `limit`.
 *
 * The queries of this worker are counted by svc/dns as they leave. They are told to the store in batches, as
 * a series over the time of the limit (a day, if there is none), which all statements and nodes with the
 * same zone share; its answer says what all have asked. So the ceiling is exact for one worker, and passed
 * by at most what the others ask in DNSBL_QUOTA_MS. While the store is away, each worker counts its own on
 * top of what it heard last, and tells it later. Not locked.
 */
#ifndef CHECKS_DNSBL_QUOTA_H
#define CHECKS_DNSBL_QUOTA_H

#include "policy/program.h"
#include "svc/dns/dns_ledger.h"
#include "svc/store.h"

enum { DNSBL_QUOTA_STEPS = 60, DNSBL_QUOTA_MS = 1000, DNSBL_QUOTA_LOOK_MS = 10000 };

struct dnsbl_quota {
	const struct dnsbl *list;
	struct dns_ledger *ledger; /* dns's */
	struct view key;
	uint32_t window;
	uint64_t told, telling; /* of the ledger's: the store has them; it has been sent them */
	uint64_t total;         /* what the store said, when it was told so many */
	int64_t asked_ms, warned_ms; /* when the store was asked; the warning; 0 = never */
};

/* d is kept; the key lives in a. */
void dnsbl_quota_init(struct dnsbl_quota *q, const struct dnsbl *d, struct dns *dns, struct arena *a);
/* Is it time to tell the store, or to hear what others asked? */
bool dnsbl_quota_due(const struct dnsbl_quota *q, int64_t now_ms);
/* What to ask of the store. wall: seconds since 1970. */
struct store_request dnsbl_quota_request(struct dnsbl_quota *q, int64_t now_ms, int64_t wall);
/* Its answer: sets the ceiling, and says once in the time of the limit that it is reached. */
void dnsbl_quota_heard(struct dnsbl_quota *q, const struct store_result *r, int64_t now_ms);
/* Of all, as far as it is known. */
uint64_t dnsbl_quota_used(const struct dnsbl_quota *q);
bool dnsbl_quota_is_full(const struct dnsbl_quota *q);

#endif
