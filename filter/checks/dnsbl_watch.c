/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dnsbl_watch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/dnsbl_answer.h"
#include "checks/dnsbl_past.h"
#include "checks/dnsbl_quota.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/map.h"
#include "util/rand.h"

enum { QUESTIONS = 2 + DNSBL_BREAKER_DRAWN, WHY_MAX = 80, SLICE_MS = 200 };
enum { TOGETHER = STORE_CALLS_MAX / (1 + DNSBL_PAST_REQUESTS) };

struct watched {
	const struct dnsbl *d;
	bool by_ip, used;
	struct dnsbl_breaker breaker; /* the watch's lock guards it and why */
	char why[WHY_MAX];            /* it is suspended */
	struct dnsbl_quota quota;     /* the thread's own, but for what the ledger has, and for status */
	struct dnsbl_past past;       /* likewise */
	/* a probe under way: the thread's own */
	bool probing, draws;
	/* the absent test entry, the listed one, and what is drawn; "" = not asked */
	char name[QUESTIONS][DNSBL_NAME_MAX];
	char said[WHY_MAX]; /* what was wrong with an answer */
};

struct dnsbl_watch {
	struct dns *dns;
	struct store *store;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool hurry, ending;
	size_t n;
	struct arena *arena;
	struct watched list[];
};

/* ---- what the check asks and tells ---- */

struct view
dnsbl_watch_suspended(struct dnsbl_watch *w, size_t list, struct arena *a)
{
	struct view why = {NULL, 0};

	if (!w)
		return why;
	pthread_mutex_lock(&w->lock);
	w->list[list].used = true;
	if (w->list[list].breaker.fault)
		why = arena_printf(a, "suspended: %s", w->list[list].why);
	pthread_mutex_unlock(&w->lock);
	return why;
}

struct dns_ledger *
dnsbl_watch_ledger(const struct dnsbl_watch *w, size_t list)
{
	return w ? w->list[list].quota.ledger : NULL;
}

void
dnsbl_watch_note(struct dnsbl_watch *w, size_t list, struct view value, enum dnsbl_sight sight)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	if (dnsbl_breaker_note(&w->list[list].breaker, map_hash(value), sight, clock_mono_ms())) {
		w->hurry = true;
		pthread_cond_signal(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
}

/* ---- a probe ---- */

static bool
is_reserved(const uint8_t *b)
{
	struct ip ip = {.family = 4, .b = {b[0], b[1], b[2], b[3]}};

	return b[0] == 0 || b[0] >= 224 || ip_is_private(&ip) || ip_is_loopback(&ip);
}

/* A public address, or a name below com., that no sender chose. */
static void
draw(const struct watched *l, char out[static DNSBL_NAME_MAX])
{
	char text[IP_TEXT_MAX + 16];

	if (l->by_ip) {
		struct ip ip = {.family = 4};

		do
			rand_bytes(ip.b, 4);
		while (is_reserved(ip.b));
		ip_format(&ip, text);
	} else {
		rand_id(text, 14);
		memcpy(text + 13, ".com", sizeof(".com"));
	}
	if (!dnsbl_answer_name(view_str(text), l->d->zone, out))
		*out = 0;
}

static void
begin_probe(struct watched *l)
{
	memset(l->name, 0, sizeof(l->name));
	*l->said = 0;
	l->probing = true;
	if (l->d->test_absent.p)
		dnsbl_answer_test(l->d->test_absent, false, l->d->zone, l->name[0]);
	if (l->d->test_listed.p)
		dnsbl_answer_test(l->d->test_listed, false, l->d->zone, l->name[1]);
	/* One, of a list without test entries, tells at least whether it answers. */
	for (size_t i = 0; i < (l->draws ? DNSBL_BREAKER_DRAWN : !l->d->test_absent.p); i++)
		draw(l, l->name[2 + i]);
}

static const struct dns_answer *
ask(struct watched *l, struct dns_session *s, size_t i)
{
	return dns_ask_for(s, view_str(l->name[i]), DNS_A, l->d->timeout_ms, l->quota.ledger);
}

/* Asks all that is not asked yet. True: all have answered. */
static bool
ask_all(struct dnsbl_watch *w, struct dns_session *s, struct view control)
{
	bool all = dns_ask(s, control, DNS_A) != NULL;

	for (size_t k = 0; k < w->n; k++)
		for (size_t i = 0; w->list[k].probing && i < QUESTIONS; i++)
			if (*w->list[k].name[i])
				all &= ask(&w->list[k], s, i) != NULL;
	return all;
}

/* DNSBL_SIGHT_NONE: no answer. */
static enum dnsbl_sight
read_one(struct watched *l, const struct dns_answer *a)
{
	const struct ip *error;
	char text[IP_TEXT_MAX];

	if (!a || a->status == DNS_TEMPFAIL) {
		if (!*l->said)
			snprintf(l->said, sizeof(l->said), "no answer: %s", a ? a->why : "timeout");
		return DNSBL_SIGHT_NONE;
	}
	if (a->status == DNS_NONE || a->n == 0)
		return DNSBL_SIGHT_ABSENT;
	error = dnsbl_answer_error(l->d, a->rr, a->n);
	if (!error)
		return DNSBL_SIGHT_LISTED;
	ip_format(error, text);
	snprintf(l->said, sizeof(l->said), "%s %s", dnsbl_answer_refuses(error) ? "error code" : "it answers",
		text);
	return DNSBL_SIGHT_ERROR;
}

static struct dnsbl_probe
read_all(struct watched *l, struct dns_session *s, bool outage)
{
	struct dnsbl_probe p = {.outage = outage, .early = !l->draws};
	size_t asked = 0;

	for (size_t i = 0; i < QUESTIONS; i++) {
		const struct dns_answer *a = *l->name[i] ? ask(l, s, i) : NULL;
		enum dnsbl_sight sight;

		if (!*l->name[i] || (a && dns_ledger_is_over(l->quota.ledger, a)))
			continue;
		asked++;
		sight = read_one(l, a);
		p.answers += sight != DNSBL_SIGHT_NONE;
		p.errors += sight == DNSBL_SIGHT_ERROR;
		p.drawn += i > 1 && sight != DNSBL_SIGHT_NONE;
		p.drawn_listed += i > 1 && sight == DNSBL_SIGHT_LISTED;
		if (i == 0)
			p.absent_listed = sight == DNSBL_SIGHT_LISTED;
		else if (i == 1)
			p.listed = sight;
	}
	p.outage |= asked == 0; /* at its limit */
	return p;
}

static void
say(const struct watched *l, enum dnsbl_turn turn)
{
	if (turn == DNSBL_TURN_SUSPENDED)
		log_warn("dnsbl-suspended", "list=%.*s zone=%.*s why=\"%s\": its facts are unknown",
			VIEW_ARG(l->d->name), VIEW_ARG(l->d->shown), l->why);
	else if (turn == DNSBL_TURN_BACK)
		log_warn("dnsbl-back", "list=%.*s zone=%.*s", VIEW_ARG(l->d->name), VIEW_ARG(l->d->shown));
}

static const char *
describe(const struct watched *l)
{
	switch (l->breaker.fault) {
	case DNSBL_FAULT_LISTS_ALL:
		return "it lists everybody";
	case DNSBL_FAULT_EMPTY:
		return "the entry that it had for tests is gone";
	case DNSBL_FAULT_REMEMBERED:
		return "it was, and is not probed yet";
	default:
		return l->said;
	}
}

static void
end_probe(struct dnsbl_watch *w, struct watched *l, struct dns_session *s, bool outage)
{
	struct dnsbl_probe p = read_all(l, s, outage);
	enum dnsbl_turn turn;

	l->probing = false;
	pthread_mutex_lock(&w->lock);
	turn = dnsbl_breaker_probed(&l->breaker, &p, clock_mono_ms());
	if (l->breaker.fault)
		snprintf(l->why, sizeof(l->why), "%s", describe(l));
	pthread_mutex_unlock(&w->lock);
	say(l, turn);
}

/* Those whose time it is. */
static bool
choose(struct dnsbl_watch *w, int64_t now)
{
	bool any = false;

	pthread_mutex_lock(&w->lock);
	for (size_t k = 0; k < w->n; k++) {
		struct watched *l = &w->list[k];

		dnsbl_breaker_silence(&l->breaker, atomic_load(&l->quota.ledger->silent), now);
		if (!l->used || dnsbl_breaker_due(&l->breaker) > now)
			continue;
		l->draws = dnsbl_breaker_draws(&l->breaker);
		begin_probe(l);
		any = true;
	}
	pthread_mutex_unlock(&w->lock);
	return any;
}

static bool
is_ending(struct dnsbl_watch *w)
{
	bool ending;

	pthread_mutex_lock(&w->lock);
	ending = w->ending;
	pthread_mutex_unlock(&w->lock);
	return ending;
}

static void
probe(struct dnsbl_watch *w)
{
	char id[14], control[sizeof(id) + 4];
	const struct dns_answer *a;
	struct dns_session *s;
	int64_t until;
	bool outage;

	if (!choose(w, clock_mono_ms()))
		return;
	/* A name that no list has to do with: it tells whether it is the resolver that fails. */
	rand_id(id, sizeof(id));
	snprintf(control, sizeof(control), "%s.com", id);
	s = dns_session_new(w->dns);
	until = clock_mono_ms() + DNSBL_WATCH_PROBE_MS;
	while (!ask_all(w, s, view_str(control)) && clock_mono_ms() < until && !is_ending(w))
		dns_wait(s, clock_mono_ms() + SLICE_MS);
	a = dns_ask(s, view_str(control), DNS_A);
	outage = !a || a->status == DNS_TEMPFAIL; /* as when it has to leave before */
	for (size_t k = 0; k < w->n; k++)
		if (w->list[k].probing)
			end_probe(w, &w->list[k], s, outage);
	dns_session_free(s);
}

/* ---- the store ---- */

/* What some lists ask of it in one round trip. */
struct batch {
	size_t n, quota[TOGETHER], past[TOGETHER]; /* requests, and those of each list */
	struct store_request request[STORE_CALLS_MAX];
	struct store_result result[STORE_CALLS_MAX];
	int64_t now;
};

static void
collect(struct watched *l, size_t n, struct batch *b)
{
	int64_t wall = clock_wall();

	for (size_t i = 0; i < n; i++) {
		b->quota[i] = dnsbl_quota_due(&l[i].quota, b->now);
		if (b->quota[i])
			b->request[b->n++] = dnsbl_quota_request(&l[i].quota, b->now, wall);
		b->past[i] = l[i].past.state.p ? dnsbl_past_requests(&l[i].past, &l[i].breaker,
			b->quota[i] != 0, b->now, wall, b->request + b->n) : 0;
		b->n += b->past[i];
	}
	for (size_t i = 0; i < b->n; i++)
		b->result[i] = (struct store_result){.status = STORE_TEMPFAIL};
}

static void
hand_out(struct watched *l, size_t n, const struct batch *b)
{
	const struct store_result *r = b->result;

	for (size_t i = 0; i < n; r += b->quota[i] + b->past[i], i++) {
		if (b->quota[i])
			dnsbl_quota_heard(&l[i].quota, r, b->now);
		if (b->past[i])
			dnsbl_past_heard(&l[i].past, &l[i].breaker, r + b->quota[i], b->past[i], b->now);
		if (l[i].breaker.fault == DNSBL_FAULT_REMEMBERED)
			snprintf(l[i].why, sizeof(l[i].why), "%s", describe(&l[i]));
	}
}

static void
tell_store(struct dnsbl_watch *w)
{
	for (size_t k = 0; k < w->n; k += TOGETHER) {
		size_t n = w->n - k < TOGETHER ? w->n - k : TOGETHER;
		struct batch b = {.now = clock_mono_ms()};
		struct arena *a = arena_new();

		pthread_mutex_lock(&w->lock);
		collect(&w->list[k], n, &b);
		pthread_mutex_unlock(&w->lock);
		if (w->store && b.n)
			store_do(w->store, b.request, b.n, a, b.result);
		pthread_mutex_lock(&w->lock);
		hand_out(&w->list[k], n, &b);
		pthread_mutex_unlock(&w->lock);
		arena_free(a);
	}
}

/* ---- the thread ---- */

/* Until a list is suspect, or a second has passed. False: it is over. */
static bool
sleep_on(struct dnsbl_watch *w)
{
	int64_t until = clock_mono_ms() + DNSBL_QUOTA_MS;
	struct timespec t = {until / 1000, until % 1000 * 1000000};
	bool over;

	pthread_mutex_lock(&w->lock);
	while (!w->hurry && !w->ending && clock_mono_ms() < until)
		pthread_cond_timedwait(&w->changed, &w->lock, &t);
	w->hurry = false;
	over = w->ending;
	pthread_mutex_unlock(&w->lock);
	return !over;
}

static void *
keep_watch(void *arg)
{
	struct dnsbl_watch *w = arg;

	do {
		tell_store(w); /* first: what is remembered tells how to probe */
		probe(w);
	} while (sleep_on(w));
	return NULL;
}

static void
init_lock(struct dnsbl_watch *w)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
}

/* Does a rule read it? Others are never asked. */
static bool
is_read(const struct program *p, const struct dnsbl *d)
{
	for (size_t i = 0; i < p->n_slots; i++)
		if (p->slots[i].dnsbl == d)
			return true;
	return false;
}

struct dnsbl_watch *
dnsbl_watch_new(const struct program *p, struct dns *dns, struct store *store)
{
	struct dnsbl_watch *w;

	if (p->n_dnsbls == 0)
		return NULL;
	w = calloc(1, sizeof(*w) + p->n_dnsbls * sizeof(*w->list));
	if (!w)
		log_die("out of memory");
	w->dns = dns;
	w->store = store;
	w->n = p->n_dnsbls;
	w->arena = arena_new();
	init_lock(w);
	for (size_t k = 0; k < w->n; k++) {
		struct watched *l = &w->list[k];

		l->d = &p->dnsbls[k];
		l->used = is_read(p, l->d);
		l->by_ip = l->used && p->slots[l->d->lookup].def->type == FACT_IP;
		dnsbl_breaker_init(&l->breaker, clock_mono_ms());
		dnsbl_quota_init(&l->quota, l->d, dns, w->arena);
		if (l->used)
			dnsbl_past_init(&l->past, l->d, p->slots[l->d->lookup].def->name, w->arena);
	}
	if (pthread_create(&w->thread, NULL, keep_watch, w) != 0)
		log_die("no thread for the DNS lists");
	return w;
}

void
dnsbl_watch_free(struct dnsbl_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	arena_free(w->arena);
	free(w);
}

/* ---- status ---- */

static void
status_of(const struct watched *l, int64_t now, struct buf *out)
{
	const struct dnsbl_quota *q = &l->quota;
	bool full = dnsbl_quota_is_full(q), bad = l->breaker.fault != DNSBL_FAULT_NONE;
	struct histogram_sum took = {.count = 0};

	histogram_sum(&took, &q->ledger->took);
	buf_printf(out, "dnsbl-%.*s state=%s", VIEW_ARG(l->d->name),
		bad ? "suspended" : full ? "limit" : "well");
	if (bad)
		buf_printf(out, " seconds=%lld why=\"%s\"", (long long)(now - l->breaker.since_ms) / 1000,
			l->why);
	if (dnsbl_breaker_share(&l->breaker) >= 0)
		buf_printf(out, " listed=%d", dnsbl_breaker_share(&l->breaker));
	buf_printf(out, " remembered=%llu", (unsigned long long)l->past.values);
	buf_printf(out, " queries=%llu limit=%llu window=%u sent=%llu mean-us=%llu p95-us=%llu\n",
		(unsigned long long)dnsbl_quota_used(q),
		(unsigned long long)l->d->limit, q->window,
		(unsigned long long)atomic_load(&q->ledger->sent), (unsigned long long)histogram_mean(&took),
		(unsigned long long)histogram_within(&took, 95));
}

void
dnsbl_watch_status(struct dnsbl_watch *w, struct buf *out)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	for (size_t k = 0; k < w->n; k++)
		if (w->list[k].used)
			status_of(&w->list[k], clock_mono_ms(), out);
	pthread_mutex_unlock(&w->lock);
}
