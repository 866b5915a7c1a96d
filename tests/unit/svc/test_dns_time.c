/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_dns_time -- svc/dns: deadlines, late answers, cancelling, threads.
 */
#include "svc/dns.h"

#include <pthread.h>
#include <stdio.h>

#include "tests/lib/dns_script.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

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
deadlines(void)
{
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(
		&s->backend, &(struct dns_options){.timeout_ms = 60, .cache_bytes = 1 << 20});
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	const struct dns_answer *a;
	int64_t start = clock_mono_ms();

	CU_ASSERT_PTR_NULL(dns_ask_for(one, VIEW("a.test"), DNS_A, 20, NULL));
	CU_ASSERT_FALSE(dns_wait(one, start)); /* the caller's own limit, already past */
	CU_ASSERT_PTR_NULL(dns_ask_for(two, VIEW("a.test"), DNS_A, 10000, NULL));
	CU_ASSERT_TRUE(dns_wait(one, start + 10000));
	CU_ASSERT(clock_mono_ms() >= start + 20);
	CU_ASSERT(clock_mono_ms() < start + 5000);
	a = dns_ask(one, VIEW("a.test"), DNS_A);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
	CU_ASSERT_STRING_EQUAL(a->why, "timeout");
	CU_ASSERT_PTR_NULL(dns_ask(two, VIEW("a.test"), DNS_A)); /* has more time */
	CU_ASSERT_EQUAL(count(d).timeouts, 1);
	CU_ASSERT_EQUAL(
		count(d).entries, 0); /* an impatient session says nothing about the server */
	dns_script_answer(s, 0);
	CU_ASSERT_STRING_EQUAL(
		dns_ask(one, VIEW("a.test"), DNS_A)->why, "timeout"); /* remembered */
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
	dns_script_answer(s, 1);
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
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *one = dns_session_new(d);
	int64_t start = clock_mono_ms();

	while (!dns_ask_for(one, VIEW("a.test"), DNS_A, 10, NULL))
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
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(&s->backend, &(struct dns_options){.give_up_ms = 10});
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	int64_t start;
	const struct dns_answer *a;

	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("a.test"), DNS_A));
	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("b.test"), DNS_A));
	start = clock_mono_ms(); /* both were asked by now */
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
	dns_script_fail(s, 1, false, "SERVFAIL");                /* late, for nobody */
	CU_ASSERT_PTR_NULL(dns_ask(two, VIEW("a.test"), DNS_A)); /* asked anew */
	CU_ASSERT_EQUAL(s->asked, 4);
	CU_ASSERT_EQUAL(count(d).tempfail, 2);
	dns_session_free(one);
	dns_session_free(two);
	dns_free(d);
}

/* Answers come from another thread while sessions come, wait and go. */
struct load {
	struct dns_script *s;
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
		size_t asked = dns_script_asked(l->s);

		for (; i < asked; i++)
			dns_script_answer(l->s, i);
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
	struct load l = {.s = dns_script_new()};
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
	{"keeps deadlines; late answers fill the cache", deadlines},
	{"notices a time-out when asked again", polls},
	{"cancels what is never answered", gives_up},
	{"serves threads", threads},
};

int
main(void)
{
	return unit_main("svc/dns (time)", tests, sizeof(tests) / sizeof(*tests));
}
