/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_past.h"

#include "svc/store_series.h"

enum { ENTRY_MAX = 64, VERSION = 1, RETRY_MS = 1000, DAY = 86400 };
enum { LISTED, ABSENT, STATE }; /* the order of requests */

enum { TESTED = 1, SUSPENDED = 2 };
static const char *const states[] = {[0] = "untested", [TESTED] = "tested",
	[SUSPENDED] = "untested suspended", [TESTED | SUSPENDED] = "tested suspended"};

void
dnsbl_past_init(struct dnsbl_past *p, const struct dnsbl *d, const char *fact, struct arena *a)
{
	*p = (struct dnsbl_past){.heard = false};
	p->listed = arena_printf(a, "%.*s/%s/listed", VIEW_ARG(d->shown), fact);
	p->absent = arena_printf(a, "%.*s/%s/absent", VIEW_ARG(d->shown), fact);
	p->state = arena_printf(a, "%.*s/%s/state/%.*s", VIEW_ARG(d->shown), fact,
		VIEW_ARG(view_head(d->test_listed, ENTRY_MAX)));
}

static unsigned
state_of(const struct dnsbl_breaker *b)
{
	return (b->was_tested ? TESTED : 0) | (b->fault ? SUSPENDED : 0);
}

/* What is none of the words is as none. */
static unsigned
read_state(struct view word)
{
	for (unsigned i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (view_eq(word, view_str(states[i])))
			return i;
	return 0;
}

static bool
is_due(const struct dnsbl_past *p, const struct dnsbl_breaker *b, bool along, int64_t now_ms)
{
	bool urgent = !p->heard || state_of(b) != p->kept, news = b->new_listed || b->new_absent;

	return (along && news) || (urgent && (!p->asked_ms || now_ms - p->asked_ms >= RETRY_MS));
}

static struct store_request
count(struct view key, uint64_t amount, int64_t wall)
{
	return (struct store_request){.op = STORE_TALLY, .type = STORE_DNSBL, .version = VERSION,
		.key = key, .now = wall, .amount = (int64_t)amount, .step = DNSBL_PAST_STEP,
		.window = DNSBL_PAST_SECONDS};
}

size_t
dnsbl_past_requests(struct dnsbl_past *p, const struct dnsbl_breaker *b, bool along, int64_t now_ms,
	int64_t wall, struct store_request out[static DNSBL_PAST_REQUESTS])
{
	if (!is_due(p, b, along, now_ms))
		return 0;
	p->asked_ms = now_ms;
	p->telling = state_of(b);
	p->telling_listed = p->heard ? b->new_listed : 0;
	p->telling_absent = p->heard ? b->new_absent : 0;
	out[LISTED] = count(p->listed, p->telling_listed, wall);
	out[ABSENT] = count(p->absent, p->telling_absent, wall);
	/* Only a change is told: who suspects nothing does not say so over another's word. */
	if (p->heard && p->telling == p->kept && wall - p->kept_at < DAY)
		return STATE;
	p->kept_at = wall;
	out[STATE] = (struct store_request){.op = p->heard ? STORE_PUT : STORE_GET, .type = STORE_DNSBL,
		.version = VERSION, .key = p->state, .now = wall};
	if (p->heard) {
		out[STATE].value = view_str(states[p->telling]);
		out[STATE].expires = wall + DNSBL_PAST_SECONDS;
	}
	return DNSBL_PAST_REQUESTS;
}

static bool
have_answers(const struct store_result *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r[i].status == STORE_TEMPFAIL)
			return false;
	return true;
}

static double
sum_of(const struct store_result *r)
{
	return r->status == STORE_FOUND ? (double)store_series_sum(r->value) : 0;
}

/* Once this worker knows enough, the past is its own. */
static void
take_share(struct dnsbl_past *p, struct dnsbl_breaker *b, const struct store_result *r)
{
	double listed = sum_of(&r[LISTED]), n = listed + sum_of(&r[ABSENT]);

	p->values = (uint64_t)n;
	if (p->heard ? b->n < DNSBL_BREAKER_LEARN && n > b->n : n >= DNSBL_BREAKER_LEARN)
		dnsbl_breaker_recall(b, n, listed);
}

static void
begin(struct dnsbl_past *p, struct dnsbl_breaker *b, const struct store_result *r, int64_t now_ms)
{
	take_share(p, b, r);
	p->kept = r[STATE].status == STORE_FOUND ? read_state(r[STATE].value) : 0;
	dnsbl_breaker_resume(b, p->kept & TESTED, p->kept & SUSPENDED, now_ms);
	p->heard = true;
}

void
dnsbl_past_heard(struct dnsbl_past *p, struct dnsbl_breaker *b, const struct store_result *r, size_t n,
	int64_t now_ms)
{
	if (!p->heard) {
		if (have_answers(r, n))
			begin(p, b, r, now_ms);
		return;
	}
	if (r[LISTED].status != STORE_TEMPFAIL)
		b->new_listed -= p->telling_listed;
	if (r[ABSENT].status != STORE_TEMPFAIL)
		b->new_absent -= p->telling_absent;
	if (have_answers(r, STATE))
		take_share(p, b, r);
	if (n > STATE && r[STATE].status == STORE_TEMPFAIL)
		p->kept_at = 0;
	else if (n > STATE)
		p->kept = p->telling;
}
