/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns.h"

#include <pthread.h>
#include <stdlib.h>

#include "svc/dns/dns_backend.h"
#include "svc/dns/dns_cache.h"
#include "svc/dns/dns_flight.h"
#include "svc/dns/dns_ledger.h"
#include "svc/dns/dns_packet.h"
#include "svc/dns/dns_tally.h"
#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

/*
 * One lock guards the cache, the flights and whatever a session shares with them. It is never held
 * while the back end is called, so the back end may call back from within ask(), and no order of
 * locks can be got wrong. There is no timer thread: a session keeps its own deadlines (in dns_ask
 * and dns_wait), and a flight that nobody answers is given up when a later question is sent.
 */

enum { BUCKETS = 32 };
/* Defaults. */
enum { TIMEOUT_MS = 5000, CACHE_BYTES = 16 << 20, TTL_MAX = 86400, NEGATIVE_MAX = 300 };

/* A question of one session; lives in its arena. Until it is answered it hangs in two lists. */
struct question {
	struct question *chain; /* in its bucket */
	LIST_ENTRY(question) in_flight, in_session;
	struct dns_flight *flight;
	struct dns_session *session;
	const struct dns_answer *answer;
	struct dns_reply *reply; /* what holds the answer; NULL if it is one of the constants */
	int64_t deadline;
	bool owed;  /* dns_ask has said that it is on its way */
	bool given; /* the answer: from here on it needs no lock */
	struct view key;
};

struct dns_session {
	struct dns *dns;
	struct arena *arena;
	pthread_cond_t cond;
	void (*wake)(void *ctx);
	void *wake_ctx;
	bool arrived; /* something since the last dns_wait or dns_poll */
	LIST_HEAD(, question) pending;
	size_t questions;
	bool full; /* and that was logged */
	struct question *bucket[BUCKETS];
};

struct dns {
	struct dns_backend *backend;
	struct dns_options o;
	pthread_mutex_t lock;
	struct dns_cache *cache; /* NULL = none */
	struct dns_flights flights;
	struct dns_tally tally;
};

static const struct dns_answer impossible = {.status = DNS_NONE, .nxdomain = true};
static const struct dns_answer timed_out = {.status = DNS_TEMPFAIL, .why = "timeout"};

struct dns *
dns_new(struct dns_backend *b, const struct dns_options *o)
{
	struct dns *d = calloc(1, sizeof(*d));

	if (!d)
		log_die("out of memory");
	d->backend = b;
	d->o = o ? *o : (struct dns_options){.cache_bytes = CACHE_BYTES};
	d->o.timeout_ms = d->o.timeout_ms ? d->o.timeout_ms : TIMEOUT_MS;
	d->o.ttl_max = d->o.ttl_max ? d->o.ttl_max : TTL_MAX;
	d->o.give_up_ms = d->o.give_up_ms ? d->o.give_up_ms : DNS_FLIGHT_MS;
	d->o.negative_max = d->o.negative_max ? d->o.negative_max : NEGATIVE_MAX;
	pthread_mutex_init(&d->lock, NULL);
	if (d->o.cache_bytes)
		d->cache = dns_cache_new(d->o.cache_bytes);
	dns_flight_init(&d->flights);
	d->tally.meter = d->o.meter;
	return d;
}

void
dns_free(struct dns *d)
{
	if (!d)
		return;
	d->backend->free(d->backend);
	dns_flight_done(&d->flights);
	dns_cache_free(d->cache);
	dns_tally_done(&d->tally);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

struct dns_ledger *
dns_ledger_new(struct dns *d, const char *over)
{
	struct dns_ledger *l;

	pthread_mutex_lock(&d->lock);
	l = dns_tally_ledger(&d->tally, over);
	pthread_mutex_unlock(&d->lock);
	return l;
}

struct dns_session *
dns_session_new(struct dns *d)
{
	struct arena *a = arena_new();
	struct dns_session *s = arena_new_of(a, struct dns_session);
	pthread_condattr_t attr;

	s->dns = d;
	s->arena = a;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->cond, &attr);
	pthread_condattr_destroy(&attr);
	return s;
}

/* The question leaves both lists: with its answer, or because its session ends. */
static void
detach(struct question *q)
{
	LIST_REMOVE(q, in_flight);
	LIST_REMOVE(q, in_session);
	q->flight = NULL;
}

void
dns_session_free(struct dns_session *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->dns->lock);
	while (!LIST_EMPTY(&s->pending))
		detach(LIST_FIRST(&s->pending));
	pthread_mutex_unlock(&s->dns->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct question *q = s->bucket[i]; q; q = q->chain)
			dns_reply_drop(q->reply);
	pthread_cond_destroy(&s->cond);
	arena_free(s->arena);
}

size_t
dns_session_questions(const struct dns_session *s)
{
	return s->questions;
}

static void
remember(struct dns *d, struct view key, struct dns_reply *r)
{
	int64_t ms = dns_reply_life(&r->answer, d->o.ttl_max, d->o.negative_max);

	if (d->cache && ms > 0)
		dns_cache_put(d->cache, key, r, clock_mono_ms() + ms);
}

/* r == NULL: the answer is one of the constants. */
static void
deliver(struct question *q, const struct dns_answer *answer, struct dns_reply *r)
{
	detach(q);
	q->answer = answer;
	q->reply = r ? dns_reply_hold(r) : NULL;
	if (!q->owed)
		return;
	q->session->arrived = true;
	if (q->session->wake)
		q->session->wake(q->session->wake_ctx);
	else
		pthread_cond_signal(&q->session->cond);
}

/* One session stops waiting; others may have joined later, and the answer may still come. Only the
 * service's own time-out says something about the server. */
static void
expire(struct question *q, int64_t now)
{
	struct dns_flight *f = q->flight;
	struct dns *d = f->dns;

	dns_tally_timeout(&d->tally, f);
	if (now - f->start >= d->o.timeout_ms) {
		struct dns_reply *r = dns_reply_fail(timed_out.why);

		remember(d, dns_flight_key(f), r);
		dns_reply_drop(r);
	}
	deliver(q, &timed_out, NULL);
}

static void
on_done(void *ctx, struct view packet, bool bogus, const char *why)
{
	struct dns_flight *f = ctx;
	struct dns *d = f->dns;
	struct view key = dns_flight_key(f);
	struct dns_reply *r;

	if (bogus) /* before any data: RFC 4035 5.5 */
		r = dns_reply_fail("bogus");
	else if (packet.p)
		r = dns_packet_parse(packet, view_skip(key, 2), f->type);
	else
		r = dns_reply_fail(why);
	pthread_mutex_lock(&d->lock);
	why = dns_tally_answer(&d->tally, f, &r->answer, bogus);
	if (why) {
		dns_reply_drop(r);
		r = dns_reply_fail(why);
	}
	remember(d, key, r);
	while (!LIST_EMPTY(&f->waiters))
		deliver(LIST_FIRST(&f->waiters), &r->answer, r);
	dns_flight_land(&d->flights, f);
	dns_flight_unref(f);
	pthread_mutex_unlock(&d->lock);
	dns_reply_drop(r);
}

static void
join(struct question *q, struct dns_flight *f, int64_t deadline)
{
	q->flight = f;
	q->deadline = deadline;
	LIST_INSERT_HEAD(&f->waiters, q, in_flight);
	LIST_INSERT_HEAD(&q->session->pending, q, in_session);
}

/* Moves the flights that are too old out of the table and into *old, with a reference. */
static void
give_up(struct dns *d, int64_t now, struct dns_flight_list *old)
{
	struct dns_flight *f;

	while ((f = TAILQ_FIRST(&d->flights.by_age)) && f->asked &&
		now - f->start >= d->o.give_up_ms) {
		dns_tally_timeout(&d->tally, f);
		while (!LIST_EMPTY(&f->waiters))
			deliver(LIST_FIRST(&f->waiters), &timed_out, NULL);
		f->refs++;
		dns_flight_land(&d->flights, f);
		TAILQ_INSERT_TAIL(old, f, age);
	}
}

static void
cancel(struct dns *d, struct dns_flight_list *old)
{
	struct dns_flight *f;

	while ((f = TAILQ_FIRST(old))) {
		bool gone = d->backend->cancel(d->backend, f->handle);

		TAILQ_REMOVE(old, f, age);
		pthread_mutex_lock(&d->lock);
		if (gone)
			dns_flight_unref(f); /* the back end's */
		dns_flight_unref(f);
		pthread_mutex_unlock(&d->lock);
	}
}

/* Under the lock: finds an answer, a flight to join, or returns a new flight that is to be sent. */
static struct dns_flight *
look_up(struct question *q, uint32_t timeout_ms, struct dns_ledger *ledger, struct dns_flight_list *old)
{
	struct dns *d = q->session->dns;
	int64_t now = clock_mono_ms();
	struct dns_flight *f;

	q->reply = d->cache ? dns_cache_get(d->cache, q->key, now) : NULL;
	if (q->reply) {
		q->answer = &dns_reply_hold(q->reply)->answer;
		dns_tally_asked(&d->tally, DNS_TALLY_CACHED);
		return NULL;
	}
	f = dns_flight_find(&d->flights, q->key);
	if (f) {
		dns_tally_asked(&d->tally, DNS_TALLY_COALESCED);
		join(q, f, now + timeout_ms);
		return NULL;
	}
	give_up(d, now, old);
	q->answer = dns_tally_refuses(&d->tally, map_count(d->flights.by_key), ledger);
	if (q->answer)
		return NULL;
	f = dns_flight_new(&d->flights, q->key, now);
	f->dns = d;
	f->ledger = ledger;
	join(q, f, now + timeout_ms);
	return f;
}

/* Under the lock: a question that nobody waits for, if it is time to ask it; else NULL. */
static struct dns_flight *
probe(struct dns *d)
{
	int64_t now = clock_mono_ms();
	struct dns_flight *f;

	if (!dns_tally_probe(&d->tally, now, &d->o))
		return NULL;
	f = dns_flight_probe(&d->flights, now);
	f->dns = d;
	dns_tally_asked(&d->tally, DNS_TALLY_SENT);
	return f;
}

static void
send_out(struct dns *d, struct dns_flight *f)
{
	void *handle = NULL;

	d->backend->ask(d->backend, f->n > 2 ? f->key + 2 : ".", f->type, on_done, f, &handle);
	pthread_mutex_lock(&d->lock);
	f->handle = handle;
	f->asked = true;
	dns_flight_unref(f);
	pthread_mutex_unlock(&d->lock);
}

/* The answer if it is there; else notes that the caller was told to wait. */
static const struct dns_answer *
take(struct question *q, int64_t now)
{
	if (!q->answer && now >= q->deadline)
		expire(q, now);
	q->given = q->answer != NULL;
	q->owed = !q->given;
	return q->answer;
}

static const struct dns_answer *
ask_first(struct question *q, uint32_t timeout_ms, struct dns_ledger *ledger)
{
	struct dns *d = q->session->dns;
	const struct dns_answer *a;
	struct dns_flight_list old = TAILQ_HEAD_INITIALIZER(old);
	struct dns_flight *f, *p;

	pthread_mutex_lock(&d->lock);
	p = probe(d);
	f = look_up(q, timeout_ms, ledger, &old);
	a = f ? NULL : take(q, 0);
	pthread_mutex_unlock(&d->lock);
	cancel(d, &old);
	if (a == &dns_tally_too_many)
		log_warn("dns-full", "questions=%d", DNS_IN_FLIGHT);
	if (p)
		send_out(d, p);
	if (!f)
		return a;
	send_out(d, f);
	pthread_mutex_lock(&d->lock);
	a = take(q, 0);
	pthread_mutex_unlock(&d->lock);
	return a;
}

static const struct dns_answer *
ask_again(struct question *q)
{
	struct dns *d = q->session->dns;
	const struct dns_answer *a;

	if (q->given)
		return q->answer;
	pthread_mutex_lock(&d->lock);
	a = take(q, clock_mono_ms());
	pthread_mutex_unlock(&d->lock);
	return a;
}

/* NULL if the session has asked all that it may. */
static struct question *
question_new(struct dns_session *s, struct view key, struct question **bucket)
{
	struct question *q;

	if (s->questions >= DNS_QUERIES_SESSION) {
		if (!s->full)
			log_warn("dns-session-full", "questions=%zu", s->questions);
		s->full = true;
		return NULL;
	}
	s->questions++;
	q = arena_new_of(s->arena, struct question);
	q->session = s;
	q->key = arena_copy(s->arena, key);
	q->chain = *bucket;
	*bucket = q;
	return q;
}

const struct dns_answer *
dns_ask_for(struct dns_session *s, struct view name, enum dns_type type, uint32_t timeout_ms,
	struct dns_ledger *ledger)
{
	char bytes[DNS_KEY_MAX];
	struct view key = {bytes, 0};
	struct question **bucket, *q;

	if (!dns_flight_make_key(name, type, bytes, &key.n))
		return &impossible;
	bucket = &s->bucket[map_hash(key) % BUCKETS];
	for (q = *bucket; q; q = q->chain)
		if (view_eq(q->key, key))
			return ask_again(q);
	q = question_new(s, key, bucket);
	if (!q)
		return &dns_tally_too_many;
	return ask_first(q, timeout_ms ? timeout_ms : s->dns->o.timeout_ms, ledger);
}

/* Ends the questions whose time is over; returns the next deadline, at most limit. */
static int64_t
expire_all(struct dns_session *s, int64_t now, int64_t limit)
{
	struct question *q = LIST_FIRST(&s->pending), *next;

	for (; q; q = next) {
		next = LIST_NEXT(q, in_session);
		if (now >= q->deadline)
			expire(q, now);
		else if (q->deadline < limit)
			limit = q->deadline;
	}
	return limit;
}

void
dns_session_wake(struct dns_session *s, void (*wake)(void *ctx), void *ctx)
{
	s->wake = wake;
	s->wake_ctx = ctx;
}

bool
dns_poll(struct dns_session *s, int64_t *due_out)
{
	bool arrived;

	pthread_mutex_lock(&s->dns->lock);
	*due_out = expire_all(s, clock_mono_ms(), INT64_MAX);
	arrived = s->arrived;
	s->arrived = false;
	pthread_mutex_unlock(&s->dns->lock);
	return arrived;
}

bool
dns_wait(struct dns_session *s, int64_t deadline_ms)
{
	pthread_mutex_t *lock = &s->dns->lock;
	bool arrived;

	pthread_mutex_lock(lock);
	for (;;) {
		int64_t now = clock_mono_ms();
		int64_t until = expire_all(s, now, deadline_ms);
		struct timespec t = {until / 1000, until % 1000 * 1000000};

		if (s->arrived || LIST_EMPTY(&s->pending) || now >= deadline_ms)
			break;
		pthread_cond_timedwait(&s->cond, lock, &t);
	}
	arrived = s->arrived;
	s->arrived = false;
	pthread_mutex_unlock(lock);
	return arrived;
}

void
dns_count(const struct dns *d, struct dns_counters *out)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&d->lock; /* const is for what the caller sees */

	pthread_mutex_lock(lock);
	dns_tally_read(&d->tally, out);
	if (d->cache) {
		out->entries = dns_cache_count(d->cache);
		out->bytes = dns_cache_bytes(d->cache);
	}
	pthread_mutex_unlock(lock);
}
