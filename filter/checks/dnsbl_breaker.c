/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_breaker.h"

#include <math.h>
#include <string.h>

static const double ODDS = 6.9; /* log of a thousand to one: a probe is cheap */
static const double MOUNTING = 3; /* log of twenty to one: what is seen from here on is not learned yet */
/* Even a list of everybody is left out now and then, and one of nobody has a mistake. */
static const double NEARLY_ALL = 0.995, NEARLY_NOBODY = 0.005;
static const double MARGIN = 0.015; /* a list that usually has almost all, or none, tells little */

void
dnsbl_breaker_init(struct dnsbl_breaker *b, int64_t now_ms)
{
	memset(b, 0, sizeof(*b));
	b->due_ms = b->seen_ms = now_ms;
	b->gap_ms = DNSBL_BREAKER_GAP_MS;
}

/* Is this value new? It is at worst counted again, when another took its place. */
static bool
is_new(struct dnsbl_breaker *b, uint64_t hash, int64_t now_ms)
{
	uint32_t *place = &b->seen[hash % DNSBL_BREAKER_SEEN], rest = (uint32_t)(hash >> 32) | 1;

	if (now_ms - b->seen_ms > DNSBL_BREAKER_SEEN_MS) {
		memset(b->seen, 0, sizeof(b->seen));
		b->seen_ms = now_ms;
	}
	if (*place == rest)
		return false;
	*place = rest;
	return true;
}

static void
count(struct dnsbl_breaker *b, double n, double listed)
{
	b->n += n;
	b->listed += listed;
	if (b->n > DNSBL_BREAKER_MEMORY) {
		b->listed *= DNSBL_BREAKER_MEMORY / b->n;
		b->n = DNSBL_BREAKER_MEMORY;
	}
}

static void
learn(struct dnsbl_breaker *b, double n, double listed)
{
	count(b, n, listed);
	b->new_listed += (uint64_t)listed;
	b->new_absent += (uint64_t)(n - listed);
}

/* Wald's sum: it never falls below 0, so that a long good time buys no trust. */
static double
weigh(double sum, bool listed, double if_so, double usual)
{
	sum += listed ? log(if_so / usual) : log((1 - if_so) / (1 - usual));
	return sum > 0 ? sum : 0;
}

static bool
is_odd(const struct dnsbl_breaker *b)
{
	return b->all > ODDS || b->nobody > ODDS;
}

/* Of what was seen, as if one more had been listed and one more not. */
static double
usual_share(const struct dnsbl_breaker *b)
{
	return (b->listed + 1) / (b->n + 2);
}

static bool
leaves_some_out(const struct dnsbl_breaker *b)
{
	return b->n >= DNSBL_BREAKER_LEARN && usual_share(b) < NEARLY_ALL - MARGIN;
}

static void
weigh_share(struct dnsbl_breaker *b, bool listed, int64_t now_ms)
{
	double usual = usual_share(b);

	if (b->n < DNSBL_BREAKER_LEARN) {
		learn(b, 1, listed);
		return;
	}
	b->all = leaves_some_out(b) ? weigh(b->all, listed, NEARLY_ALL, usual) : 0;
	b->nobody = usual > NEARLY_NOBODY + MARGIN ? weigh(b->nobody, listed, NEARLY_NOBODY, usual) : 0;
	b->held_n++;
	b->held_listed += listed;
	if (b->all < MOUNTING && b->nobody < MOUNTING) {
		learn(b, b->held_n, b->held_listed);
		b->held_n = b->held_listed = 0;
	}
	b->suspect |= is_odd(b) && now_ms >= b->quiet_ms;
}

bool
dnsbl_breaker_note(struct dnsbl_breaker *b, uint64_t hash, enum dnsbl_sight sight, int64_t now_ms)
{
	bool was = b->suspect;

	if (b->fault || sight == DNSBL_SIGHT_NONE)
		return false;
	if (sight == DNSBL_SIGHT_ERROR)
		b->suspect |= now_ms >= b->calm_ms;
	if ((sight == DNSBL_SIGHT_LISTED || sight == DNSBL_SIGHT_ABSENT) && is_new(b, hash, now_ms))
		weigh_share(b, sight == DNSBL_SIGHT_LISTED, now_ms);
	return b->suspect && !was;
}

void
dnsbl_breaker_silence(struct dnsbl_breaker *b, unsigned silent, int64_t now_ms)
{
	b->is_silent = silent >= DNSBL_BREAKER_SILENT && !b->fault && now_ms >= b->calm_ms;
	b->suspect |= b->is_silent;
}

int64_t
dnsbl_breaker_due(const struct dnsbl_breaker *b)
{
	return b->suspect ? 0 : b->due_ms;
}

bool
dnsbl_breaker_draws(const struct dnsbl_breaker *b)
{
	return b->suspect || b->fault;
}

static enum dnsbl_fault
judge(const struct dnsbl_breaker *b, const struct dnsbl_probe *p)
{
	if (p->errors)
		return DNSBL_FAULT_REFUSES;
	if (p->absent_listed)
		return DNSBL_FAULT_LISTS_ALL;
	if (p->drawn >= DNSBL_BREAKER_DRAWN_MIN && p->drawn_listed == p->drawn && leaves_some_out(b))
		return DNSBL_FAULT_LISTS_ALL;
	if (p->answers == 0)
		return DNSBL_FAULT_SILENT;
	if (p->listed == DNSBL_SIGHT_ABSENT && b->was_tested)
		return DNSBL_FAULT_EMPTY;
	return DNSBL_FAULT_NONE;
}

/* Silence proves something if mail has met with it, and the resolver is not the cause. */
static bool
proves_nothing(const struct dnsbl_breaker *b, const struct dnsbl_probe *p)
{
	return p->outage || (!b->fault && !b->is_silent);
}

static enum dnsbl_turn
suspend(struct dnsbl_breaker *b, enum dnsbl_fault f, int64_t now_ms)
{
	bool was = b->fault != DNSBL_FAULT_NONE && b->fault != DNSBL_FAULT_REMEMBERED;

	if (!was && now_ms - b->sane_ms > DNSBL_BREAKER_GAP_MAX_MS)
		b->gap_ms = DNSBL_BREAKER_GAP_MS;
	b->fault = f;
	b->due_ms = now_ms + b->gap_ms;
	b->gap_ms = 2 * b->gap_ms < DNSBL_BREAKER_GAP_MAX_MS ? 2 * b->gap_ms : DNSBL_BREAKER_GAP_MAX_MS;
	b->held_n = b->held_listed = 0; /* what it said is not believed afterwards either */
	if (was)
		return DNSBL_TURN_NONE;
	b->since_ms = now_ms;
	return DNSBL_TURN_SUSPENDED;
}

enum dnsbl_turn
dnsbl_breaker_probed(struct dnsbl_breaker *b, const struct dnsbl_probe *p, int64_t now_ms)
{
	enum dnsbl_fault f = judge(b, p);
	bool was = b->fault != DNSBL_FAULT_NONE, odd = is_odd(b), suspect = b->suspect;
	bool nothing = f == DNSBL_FAULT_SILENT && proves_nothing(b, p);

	b->was_tested |= !f && p->listed == DNSBL_SIGHT_LISTED;
	if (suspect && p->early && (nothing || !f))
		return DNSBL_TURN_NONE; /* it is suspect for what came since: that asks for another */
	b->all = b->nobody = 0;
	b->suspect = b->is_silent = false;
	if (nothing) {
		b->calm_ms = b->due_ms = now_ms + DNSBL_BREAKER_GAP_MS;
		return DNSBL_TURN_NONE;
	}
	if (f)
		return suspend(b, f, now_ms);
	learn(b, b->held_n, b->held_listed);
	b->held_n = b->held_listed = 0;
	b->fault = DNSBL_FAULT_NONE;
	b->due_ms = INT64_MAX;
	if (odd)
		b->quiet_ms = now_ms + DNSBL_BREAKER_QUIET_MS;
	if (suspect)
		b->calm_ms = now_ms + DNSBL_BREAKER_CALM_MS;
	if (!was)
		return DNSBL_TURN_NONE;
	b->sane_ms = now_ms;
	return DNSBL_TURN_BACK;
}

void
dnsbl_breaker_recall(struct dnsbl_breaker *b, double n, double listed)
{
	b->n = b->listed = 0;
	count(b, n, listed);
	b->held_n = b->held_listed = b->all = b->nobody = 0;
	b->new_listed = b->new_absent = 0;
}

void
dnsbl_breaker_resume(struct dnsbl_breaker *b, bool tested, bool suspended, int64_t now_ms)
{
	b->was_tested |= tested;
	if (!suspended || b->fault)
		return;
	b->fault = DNSBL_FAULT_REMEMBERED;
	b->since_ms = b->due_ms = now_ms;
}

int
dnsbl_breaker_share(const struct dnsbl_breaker *b)
{
	return b->n >= DNSBL_BREAKER_LEARN ? (int)(100 * b->listed / b->n + 0.5) : -1;
}
