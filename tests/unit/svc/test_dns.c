/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns.h"

#include <stdio.h>

#include "svc/dns/dns_ledger.h"
#include "tests/lib/dns_script.h"
#include "tests/lib/log_capture.h"
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
coalesces(void)
{
	enum { N = 20 };
	struct dns_script *s = dns_script_new();
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
	dns_script_answer(s, 0);
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
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(&s->backend, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view name = view_str(cases[i].name);
		struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
		size_t at = s->asked;
		const struct dns_answer *a;

		UNIT_CASE(!dns_ask(one, name, cases[i].type), cases[i].name);
		dns_script_answer(s, at);
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
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(&s->backend, &(struct dns_options){.cache_bytes = 600});
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	const struct dns_answer *a;

	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("t.test"), DNS_TXT));
	dns_script_answer(s, 0);
	a = dns_ask(two, VIEW("t.test"), DNS_TXT);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	for (int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.test", i);
		CU_ASSERT_PTR_NULL(dns_ask(one, view_str(name), DNS_A));
		dns_script_answer(s, (size_t)i + 1);
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
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	const struct dns_answer *a;

	dns_ask(one, VIEW("a.test"), DNS_A);
	dns_ask(one, VIEW("b.test"), DNS_A);
	dns_script_fail(s, 0, true, "bogus");
	dns_script_fail(s, 1, false, "REFUSED");
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
	struct dns_script *s = dns_script_new();
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
	struct dns_script *s = dns_script_new();
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
	struct dns_script *s = dns_script_new();
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
	dns_script_answer(s, 0);                                  /* makes room */
	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("other.test"), DNS_A));
	dns_session_free(one);
	dns_free(d);
}

/* All fail: a probe is sent along with the next question, and only if it fails too is it an outage. */
static void
probes(void)
{
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_session *one = dns_session_new(d);
	struct view log;

	log_capture_begin();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < DNS_OUTAGE_FAILURES; i++) {
			char name[32];

			snprintf(name, sizeof(name), "n%u.n%u.dead.example", i, round);
			dns_ask(one, view_str(name), DNS_A);
			dns_script_fail(s, s->asked - 1, false, "SERVFAIL");
		}
		CU_ASSERT_EQUAL(s->asked, DNS_OUTAGE_FAILURES + round * (DNS_OUTAGE_FAILURES + 2));
		dns_ask(one, round ? VIEW("b.test") : VIEW("a.test"), DNS_A);
		CU_ASSERT_EQUAL_FATAL(s->asked, (round + 1) * (DNS_OUTAGE_FAILURES + 2));
		CU_ASSERT_FALSE(count(d).outage);
		CU_ASSERT_TRUE(view_ends_nocase(view_str(s->ask[s->asked - 2].name), VIEW(".com")));
		if (round == 0)
			dns_script_answer(s, s->asked - 2); /* it does not exist: the resolver works */
		else
			dns_script_fail(s, s->asked - 2, false, "SERVFAIL");
		CU_ASSERT_EQUAL(count(d).outage, round == 1);
	}
	log = log_capture_end();
	CU_ASSERT(view_search_nocase(log, VIEW("warning: event=dns-outage ")) < log.n);
	log_capture_begin();
	dns_script_answer(s, s->asked - 1); /* b.test */
	log = log_capture_end();
	CU_ASSERT(view_search_nocase(log, VIEW("notice: event=dns-back ")) < log.n);
	CU_ASSERT_FALSE(count(d).outage);
	CU_ASSERT_EQUAL(count(d).asked, count(d).sent);
	CU_ASSERT_EQUAL(count(d).tempfail, 2 * DNS_OUTAGE_FAILURES + 1);
	CU_ASSERT_EQUAL(count(d).none, 1);
	dns_session_free(one);
	dns_free(d);
}

/* Only what leaves in its name is counted; above the ceiling nothing leaves, and the cache still answers. */
static void
ledgers(void)
{
	struct dns_script *s = dns_script_new();
	struct dns *d = dns_new(&s->backend, NULL);
	struct dns_ledger *l = dns_ledger_new(d, "daily limit");
	struct dns_session *one = dns_session_new(d), *two = dns_session_new(d);
	const struct dns_answer *a;

	CU_ASSERT_PTR_NULL(dns_ask_for(one, VIEW("a.test"), DNS_A, 0, l));
	CU_ASSERT_PTR_NULL(dns_ask_for(two, VIEW("a.test"), DNS_A, 0, l));
	CU_ASSERT_PTR_NULL(dns_ask(one, VIEW("zero.test"), DNS_A));
	CU_ASSERT_EQUAL(atomic_load(&l->sent), 1);
	dns_script_answer(s, 0);
	atomic_store(&l->ceiling, 2);
	for (int i = 0; i < 3; i++) { /* fails; in a row */
		char name[20];

		snprintf(name, sizeof(name), "x%d.bad.test", i);
		a = dns_ask_for(one, view_str(name), DNS_A, 0, l);
		if (i == 0)
			dns_script_fail(s, 2, false, "SERVFAIL");
		a = dns_ask_for(one, view_str(name), DNS_A, 0, l);
		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
		CU_ASSERT_EQUAL(dns_ledger_is_over(l, a), i > 0);
		CU_ASSERT_STRING_EQUAL(a->why, i ? "daily limit" : "SERVFAIL");
	}
	CU_ASSERT_EQUAL(atomic_load(&l->sent), 2);
	CU_ASSERT_EQUAL(atomic_load(&l->silent), 1);
	CU_ASSERT_EQUAL(count(d).refused, 2);
	dns_session_free(two);
	two = dns_session_new(d);
	a = dns_ask_for(two, VIEW("a.test"), DNS_A, 0, l);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_EQUAL(a->status, DNS_FOUND);
	atomic_store(&l->ceiling, 3);
	CU_ASSERT_PTR_NULL(dns_ask_for(two, VIEW("b.test"), DNS_A, 0, l));
	dns_script_answer(s, 3);
	CU_ASSERT_EQUAL(atomic_load(&l->silent), 0);
	dns_session_free(one);
	dns_session_free(two);
	dns_free(d);
}

static const struct unit_test tests[] = {
	{"sends one question for many sessions", coalesces},
	{"caches what has a TTL, and failures", caches},
	{"keeps an answer that the cache dropped", shares},
	{"tells why it failed", fails},
	{"judges and folds names", names},
	{"refuses a session's 501st question", session_ceiling},
	{"refuses too many questions in flight", flight_ceiling},
	{"tells an outage from a dead zone", probes},
	{"counts what leaves in one name, to its ceiling", ledgers},
};

int
main(void)
{
	return unit_main("svc/dns", tests, sizeof(tests) / sizeof(*tests));
}
