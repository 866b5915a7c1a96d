/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_quota.h"

#include "svc/store_series.h"
#include "util/log.h"

enum { DAY = 86400, VERSION = 1 };

static void
set_ceiling(struct dnsbl_quota *q)
{
	uint64_t left = q->list->limit > q->total ? q->list->limit - q->total : 0;

	if (q->list->limit)
		atomic_store(&q->ledger->ceiling, q->told + left);
}

void
dnsbl_quota_init(struct dnsbl_quota *q, const struct dnsbl *d, struct dns *dns, struct arena *a)
{
	*q = (struct dnsbl_quota){.list = d, .window = d->limit_seconds ? d->limit_seconds : DAY};
	q->key = arena_printf(a, "%.*s/%u", VIEW_ARG(d->shown), q->window);
	q->ledger = dns_ledger_new(dns, q->window == DAY ? "daily limit" : "limit of queries");
	set_ceiling(q);
}

bool
dnsbl_quota_due(const struct dnsbl_quota *q, int64_t now_ms)
{
	bool news = q->list->limit && atomic_load(&q->ledger->sent) > q->told;

	return !q->asked_ms || now_ms - q->asked_ms >= (news ? DNSBL_QUOTA_MS : DNSBL_QUOTA_LOOK_MS);
}

struct store_request
dnsbl_quota_request(struct dnsbl_quota *q, int64_t now_ms, int64_t wall)
{
	uint32_t step = (q->window + DNSBL_QUOTA_STEPS - 1) / DNSBL_QUOTA_STEPS;

	q->asked_ms = now_ms;
	q->telling = atomic_load(&q->ledger->sent);
	return (struct store_request){.op = STORE_TALLY, .type = STORE_DNSBL, .version = VERSION,
		.key = q->key, .now = wall, .amount = (int64_t)(q->telling - q->told),
		.step = step, .window = q->window};
}

static void
warn(struct dnsbl_quota *q, int64_t now_ms)
{
	if (!dnsbl_quota_is_full(q) ||
		(q->warned_ms && now_ms - q->warned_ms < (int64_t)q->window * 1000))
		return;
	q->warned_ms = now_ms;
	log_warn("dnsbl-limit", "list=%.*s zone=%.*s limit=%llu seconds=%u is reached: its facts are unknown",
		VIEW_ARG(q->list->name), VIEW_ARG(q->list->shown), (unsigned long long)q->list->limit,
		q->window);
}

void
dnsbl_quota_heard(struct dnsbl_quota *q, const struct store_result *r, int64_t now_ms)
{
	if (r->status != STORE_TEMPFAIL) {
		q->told = q->telling;
		q->total = r->status == STORE_FOUND ? (uint64_t)store_series_sum(r->value) : 0;
		set_ceiling(q);
	}
	warn(q, now_ms);
}

uint64_t
dnsbl_quota_used(const struct dnsbl_quota *q)
{
	return q->total + atomic_load(&q->ledger->sent) - q->told;
}

bool
dnsbl_quota_is_full(const struct dnsbl_quota *q)
{
	return q->list->limit && dnsbl_quota_used(q) >= q->list->limit;
}
