/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "svc/dns_backend.h"
#include "svc/dns_zone.h"
#include "tests/lib/unit.h"
#include "util/clock.h"
#include "util/limits.h"

/* A back end that does nothing until the test says so. Its answers are those of a zone. */
enum { ASKS = DNS_IN_FLIGHT + 100 };
struct script {
	struct dns_backend backend;
	struct dns_backend *zone;
	pthread_mutex_t lock;
	size_t asked, cancelled;
	struct ask {
		char name[64];
		enum dns_type type;
		dns_done *done;
		void *ctx;
		bool over;
	} ask[ASKS];
};

static void
script_ask(struct dns_backend *b, const char *name, enum dns_type type, dns_done *done, void *ctx,
	void **handle_out)
{
	struct script *s = (struct script *)b;

	pthread_mutex_lock(&s->lock);
	if (s->asked == ASKS)
		abort();
	s->ask[s->asked] = (struct ask){.type = type, .done = done, .ctx = ctx};
	snprintf(s->ask[s->asked].name, sizeof(s->ask->name), "%s", name);
	*handle_out = &s->ask[s->asked++];
	pthread_mutex_unlock(&s->lock);
}

static bool
script_cancel(struct dns_backend *b, void *handle)
{
	struct script *s = (struct script *)b;
	struct ask *a = handle;
	bool was;

	pthread_mutex_lock(&s->lock);
	was = a->over;
	a->over = true;
	s->cancelled += !was;
	pthread_mutex_unlock(&s->lock);
	return !was;
}

static void
script_free(struct dns_backend *b)
{
	struct script *s = (struct script *)b;

	s->zone->free(s->zone);
	free(s);
}

static const char zone[] = "$TTL 60\n"
			   "test. SOA a. b. 1 1 1 1 60\n"
			   "a.test. A 192.0.2.1\n"
			   "b.test. A 192.0.2.2\n"
			   "zero.test. 0 A 192.0.2.3\n"
			   "t.test. TXT \"a\" \"b\"\n"
			   "$FAIL bad.test. servfail\n";

static struct script *
script_new(void)
{
	struct script *s = calloc(1, sizeof(*s));
	char why[100];

	if (!s)
		abort();
	s->backend = (struct dns_backend){script_ask, script_cancel, script_free};
	pthread_mutex_init(&s->lock, NULL);
	s->zone = dns_zone_new();
	CU_ASSERT_EQUAL(dns_zone_read(s->zone, VIEW(zone), "zone", why, sizeof(why)), 0);
	return s;
}

static void
answer(struct script *s, size_t i)
{
	struct ask a;
	void *handle;

	pthread_mutex_lock(&s->lock);
	a = s->ask[i];
	s->ask[i].over = true;
	pthread_mutex_unlock(&s->lock);
	if (!a.over)
		s->zone->ask(s->zone, a.name, a.type, a.done, a.ctx, &handle);
}

static void
fail(struct script *s, size_t i, bool bogus, const char *why)
{
	s->ask[i].over = true;
	s->ask[i].done(s->ask[i].ctx, view_of(NULL, 0), bogus, why);
}

static struct dns_counters
count(const struct dns *d)
{
	struct dns_counters c;

	dns_count(d, &c);
	return c;
}

static int64_t
soon(int ms)
{
	return clock_mono_ms() + ms;
}

static void
coalesces(void)
{
	enum { N = 20 };
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *who[N];

	for (int i = 0; i < N; i++) {
		who[i] = dns_session_new(d);
		CU_ASSERT_PTR_NULL(dns_ask(who[i], VIEW("A.test."), DNS_A));
		CU_ASSERT_PTR_NULL(dns_ask(who[i], VIEW("a.TEST"), DNS_A));
		CU_ASSERT_EQUAL(dns_session_questions(who[i]), 1);
	}
	CU_ASSERT_EQUAL(s->asked, 1);
	CU_ASSERT_STRING_EQUAL(s->ask[0].name, "a.test");
	dns_session_free(who[0]); /* gone before its answer */
	answer(s, 0);
	for (int i = 1; i < N; i++) {
		const struct dns_answer *a;

		CU_ASSERT_TRUE(dns_wait(who[i], soon(1000)));
		CU_ASSERT_FALSE(dns_wait(who[i], soon(1000))); /* nothing is on its way */
		a = dns_ask(who[i], VIEW("a.test"), DNS_A);
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_EQUAL(a->status, DNS_FOUND);
		CU_ASSERT_EQUAL(a->n, 1);
		CU_ASSERT_EQUAL(a->rr[0].ip.b[3], 1);
		CU_ASSERT_PTR_EQUAL(a, dns_ask(who[i], VIEW("a.test"), DNS_A));
		dns_session_free(who[i]);
	}
	CU_ASSERT_EQUAL(count(d).asked, N);
	CU_ASSERT_EQUAL(count(d).sent, 1);
	CU_ASSERT_EQUAL(count(d).coalesced, N - 1);
	CU_ASSERT_EQUAL(count(d).found, 1);
	dns_free(d);
}

static void
caches(void)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status status;
		bool nxdomain, cached;
	} cases[] = {
		{"a.test", DNS_A, DNS_FOUND, false, true},
		{"a.test", DNS_TXT, DNS_NONE, false, true},
		{"none.test", DNS_A, DNS_NONE, true, true},
		{"none.elsewhere", DNS_A, DNS_NONE, true, false}, /* no SOA: no TTL */
		{"zero.test", DNS_A, DNS_FOUND, false, false},
		{"bad.test", DNS_A, DNS_TEMPFAIL, false, true},
	};
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view name = view_str(cases[i].name);
		struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
		size_t at = s->asked;
		const struct dns_answer *a;

		UNIT_CASE(!dns_ask(one, name, cases[i].type), cases[i].name);
		answer(s, at);
		a = dns_ask(one, name, cases[i].type);
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		UNIT_CASE(a->status == cases[i].status, cases[i].name);
		UNIT_CASE(a->nxdomain == cases[i].nxdomain, cases[i].name);
		UNIT_CASE((a->why != NULL) == (a->status == DNS_TEMPFAIL), cases[i].name);
		a = dns_ask(two, name, cases[i].type);
		UNIT_CASE((a != NULL) == cases[i].cached, cases[i].name);
		UNIT_CASE(s->asked == at + (cases[i].cached ? 1 : 2), cases[i].name);
		dns_session_free(one);
		dns_session_free(two);
	}
	CU_ASSERT_EQUAL(count(d).cache_hits, 4);
	CU_ASSERT_EQUAL(count(d).entries, 4);
	CU_ASSERT(count(d).bytes > 0);
	dns_free(d);
}

/* An answer outlives the cache entry that it came from. */
static void
shares(void)
{
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, &(struct dns_options){.cache_bytes = 600});
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	const struct dns_answer *a;

	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("t.test"), DNS_TXT));
	answer(s, 0);
	a = dns_ask(two, VIEW("t.test"), DNS_TXT);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	for (int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.test", i);
		CU_ASSERT_PTR_NULL(dns_ask(one, view_str(name), DNS_A));
		answer(s, (size_t)i + 1);
	}
	CU_ASSERT(count(d).bytes <= 600);
	CU_ASSERT(count(d).entries >= 1);
	UNIT_VIEW(a->rr[0].text, "ab");
	dns_session_free(one);
	dns_session_free(two);
	dns_free(d);
}

static void
fails(void)
{
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	const struct dns_answer *a;

	dns_ask(one, VIEW("a.test"), DNS_A);
	dns_ask(one, VIEW("b.test"), DNS_A);
	fail(s, 0, true, "bogus");
	fail(s, 1, false, "REFUSED");
	a = dns_ask(one, VIEW("a.test"), DNS_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
	CU_ASSERT_STRING_EQUAL(a->why, "bogus");
	a = dns_ask(two, VIEW("b.test"), DNS_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_STRING_EQUAL(a->why, "REFUSED");
	CU_ASSERT_EQUAL(count(d).tempfail, 2);
	CU_ASSERT_EQUAL(count(d).bogus, 1);
	dns_session_free(one);
	dns_session_free(two);
	dns_free(d);
}

static void
deadlines(void)
{
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend,
		&(struct dns_options){.timeout_ms = 60, .cache_bytes = 1 << 20});
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	const struct dns_answer *a;
	int64_t start = clock_mono_ms();

	CU_ASSERT_PTR_NULL(dns_ask_for(one, VIEW("a.test"), DNS_A, 20));
	CU_ASSERT_FALSE(dns_wait(one, start)); /* the caller's own limit, already past */
	CU_ASSERT_PTR_NULL(dns_ask_for(two, VIEW("a.test"), DNS_A, 10000));
	CU_ASSERT_TRUE(dns_wait(one, start + 10000));
	CU_ASSERT(clock_mono_ms() >= start + 20);
	CU_ASSERT(clock_mono_ms() < start + 5000);
	a = dns_ask(one, VIEW("a.test"), DNS_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
	CU_ASSERT_STRING_EQUAL(a->why, "timeout");
	CU_ASSERT_PTR_NULL(dns_ask(two, VIEW("a.test"), DNS_A)); /* has more time */
	CU_ASSERT_EQUAL(count(d).timeouts, 1);
	CU_ASSERT_EQUAL(count(d).entries, 0); /* an impatient session says nothing about the server */
	answer(s, 0);
	CU_ASSERT_STRING_EQUAL(dns_ask(one, VIEW("a.test"), DNS_A)->why, "timeout"); /* remembered */
	CU_ASSERT_PTR_NOT_NULL(dns_ask(two, VIEW("a.test"), DNS_A));
	CU_ASSERT_EQUAL(count(d).found, 0); /* its end was counted */
	CU_ASSERT_EQUAL(count(d).entries, 1);

	dns_ask(one, VIEW("b.test"), DNS_A);
	CU_ASSERT_FALSE(dns_wait(one, soon(10)));
	CU_ASSERT_TRUE(dns_wait(one, soon(10000))); /* the default of 60 ms */
	CU_ASSERT_EQUAL(count(d).timeouts, 2);
	a = dns_ask(two, VIEW("b.test"), DNS_A); /* a dead server is not waited for again */
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
	answer(s, 1);
	dns_session_free(two);
	two = dns_session_new(d);
	a = dns_ask(two, VIEW("b.test"), DNS_A); /* and a late answer takes the failure's place */
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->status, DNS_FOUND);
	dns_session_free(one);
	dns_session_free(two);
	dns_free(d);
}

/* dns_ask notices its own time-out without dns_wait. */
static void
polls(void)
{
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *one = dns_session_new(d);
	int64_t start = clock_mono_ms();

	while (!dns_ask_for(one, VIEW("a.test"), DNS_A, 10))
		;
	CU_ASSERT(clock_mono_ms() >= start + 10);
	CU_ASSERT_TRUE(dns_wait(one, soon(1000))); /* another check may have missed it */
	CU_ASSERT_FALSE(dns_wait(one, soon(1000)));
	dns_session_free(one);
	dns_free(d); /* with the flight in the table */
}

static void
gives_up(void)
{
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, &(struct dns_options){.give_up_ms = 10});
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	int64_t start = clock_mono_ms();
	const struct dns_answer *a;

	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("a.test"), DNS_A));
	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("b.test"), DNS_A));
	s->ask[1].over = true; /* as if done were being called just now: it cannot be cancelled */
	CU_ASSERT_FALSE(dns_wait(two, soon(1000)));
	CU_ASSERT_FALSE(dns_wait(one, start + 10));
	CU_ASSERT_PTR_NULL(dns_ask(two, VIEW("t.test"), DNS_TXT));
	CU_ASSERT_EQUAL(s->cancelled, 1);
	CU_ASSERT_EQUAL(count(d).timeouts, 2);
	CU_ASSERT_TRUE(dns_wait(one, soon(1000)));
	a = dns_ask(one, VIEW("a.test"), DNS_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_STRING_EQUAL(a->why, "timeout");
	fail(s, 1, false, "SERVFAIL"); /* late, for nobody */
	CU_ASSERT_PTR_NULL(dns_ask(two, VIEW("a.test"), DNS_A)); /* asked anew */
	CU_ASSERT_EQUAL(s->asked, 4);
	CU_ASSERT_EQUAL(count(d).tempfail, 2);
	dns_session_free(one);
	dns_session_free(two);
	dns_free(d);
}

static void
names(void)
{
	static const struct {
		const char *name, *sent; /* sent: NULL = impossible */
	} cases[] = {
		{"a.test", "a.test"},
		{"A.Test.", "a.test"},
		{".", "."},
		{"_dmarc.a.test", "_dmarc.a.test"},
		{"a b\\c.test", "a\\032b\\\\c.test"},
		{"\xff.test", "\\255.test"},
		{"", NULL},
		{"..", NULL},
		{".a", NULL},
		{"a..b", NULL},
		{"a..", NULL},
		{"0123456789012345678901234567890123456789012345678901234567890123.a", NULL},
	};
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	char big[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dns_session *one = dns_session_new(d);
		size_t at = s->asked;
		const struct dns_answer *a = dns_ask(one, view_str(cases[i].name), DNS_A);

		UNIT_CASE((a == NULL) == (cases[i].sent != NULL || s->asked > at), cases[i].name);
		if (cases[i].sent && s->asked > at)
			UNIT_CASE(strcmp(s->ask[at].name, cases[i].sent) == 0, cases[i].name);
		if (!cases[i].sent) {
			UNIT_CASE(s->asked == at, cases[i].name);
			UNIT_CASE(a && a->status == DNS_NONE && a->nxdomain, cases[i].name);
		}
		dns_session_free(one);
	}
	memset(big, 'a', sizeof(big));
	for (size_t i = 50; i < sizeof(big); i += 50)
		big[i] = '.';
	CU_ASSERT_TRUE(dns_name_ok(view_of(big, 253)));
	CU_ASSERT_FALSE(dns_name_ok(view_of(big, 254)));
	CU_ASSERT_STRING_EQUAL(dns_type_name(DNS_AAAA), "AAAA");
	dns_free(d);
}

static void
session_ceiling(void)
{
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *one = dns_session_new(d);
	const struct dns_answer *a;
	char name[32];

	for (int i = 0; i < DNS_QUERIES_SESSION; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		CU_ASSERT_PTR_NULL(dns_ask(one, view_str(name), DNS_A));
	}
	a = dns_ask(one, VIEW("more.test"), DNS_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
	CU_ASSERT_STRING_EQUAL(a->why, "too many questions");
	CU_ASSERT_EQUAL(s->asked, DNS_QUERIES_SESSION);
	CU_ASSERT_EQUAL(dns_session_questions(one), DNS_QUERIES_SESSION);
	dns_session_free(one);
	dns_free(d);
}

static void
flight_ceiling(void)
{
	struct script *s = script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *one = NULL;
	const struct dns_answer *a;
	char name[32];

	for (int i = 0; i < DNS_IN_FLIGHT; i++) {
		if (i % DNS_QUERIES_SESSION == 0) {
			dns_session_free(one); /* its questions stay on their way */
			one = dns_session_new(d);
		}
		snprintf(name, sizeof(name), "n%d.test", i);
		CU_ASSERT_PTR_NULL(dns_ask(one, view_str(name), DNS_A));
	}
	dns_session_free(one);
	one = dns_session_new(d);
	a = dns_ask(one, VIEW("more.test"), DNS_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_STRING_EQUAL(a->why, "too many questions");
	CU_ASSERT_EQUAL(count(d).refused, 1);
	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("n1.test"), DNS_A)); /* joins */
	answer(s, 0); /* makes room */
	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("other.test"), DNS_A));
	dns_session_free(one);
	dns_free(d);
}

/* Answers come from another thread while sessions come, wait and go. */
struct load {
	struct script *s;
	struct dns *d;
	pthread_mutex_t lock;
	bool stop;
	unsigned done;
};

static bool
stopped(struct load *l)
{
	bool stop;

	pthread_mutex_lock(&l->lock);
	stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	return stop;
}

static void *
answer_all(void *arg)
{
	struct load *l = arg;

	for (size_t i = 0; !stopped(l);) {
		size_t asked;

		pthread_mutex_lock(&l->s->lock);
		asked = l->s->asked;
		pthread_mutex_unlock(&l->s->lock);
		for (; i < asked; i++)
			answer(l->s, i);
	}
	return NULL;
}

static void *
ask_all(void *arg)
{
	struct load *l = arg;
	unsigned done = 0;

	for (int round = 0; round < 300; round++) {
		struct dns_session *one = dns_session_new(l->d);
		const struct dns_answer *a[4] = {NULL};
		char name[32];

		do {
			for (int i = 0; i < 4; i++) {
				snprintf(name, sizeof(name), "n%d.test", (round + i) % 97);
				a[i] = dns_ask(one, view_str(name), i % 2 ? DNS_A : DNS_TXT);
			}
		} while (round % 7 && (!a[0] || !a[1] || !a[2] || !a[3]) &&
			dns_wait(one, soon(5000)));
		for (int i = 0; i < 4; i++)
			done += round % 7 == 0 || (a[i] && a[i]->status == DNS_NONE);
		dns_session_free(one);
	}
	pthread_mutex_lock(&l->lock);
	l->done += done;
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static void
threads(void)
{
	enum { N = 4 };
	struct load l = {.s = script_new()};
	pthread_t asker[N], answerer;

	l.d = dns_new(&l.s->backend, &(struct dns_options){.cache_bytes = 2000});
	pthread_mutex_init(&l.lock, NULL);
	pthread_create(&answerer, NULL, answer_all, &l);
	for (int i = 0; i < N; i++)
		pthread_create(&asker[i], NULL, ask_all, &l);
	for (int i = 0; i < N; i++)
		pthread_join(asker[i], NULL);
	pthread_mutex_lock(&l.lock);
	l.stop = true;
	pthread_mutex_unlock(&l.lock);
	pthread_join(answerer, NULL);
	CU_ASSERT_EQUAL(l.done, N * 300 * 4);
	dns_free(l.d);
}

static const struct unit_test tests[] = {
	{"sends one question for many sessions", coalesces},
	{"caches what has a TTL, and failures", caches},
	{"keeps an answer that the cache dropped", shares},
	{"tells why it failed", fails},
	{"keeps deadlines; late answers fill the cache", deadlines},
	{"notices a time-out when asked again", polls},
	{"cancels what is never answered", gives_up},
	{"judges and folds names", names},
	{"refuses a session's 501st question", session_ceiling},
	{"refuses too many questions in flight", flight_ceiling},
	{"serves threads", threads},
};

int
main(void)
{
	return unit_main("svc/dns", tests, sizeof(tests) / sizeof(*tests));
}
