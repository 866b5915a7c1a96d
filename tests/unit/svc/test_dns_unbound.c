/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_unbound.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/dns_server.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

static const char zone[] = "$ORIGIN example.test.\n"
			   "@ SOA ns host 1 1 1 1 60\n"
			   "@ NS ns\n"
			   "@ MX 5 MX\n"
			   "mx A 192.0.2.1\n"
			   "alias CNAME mx\n"
			   "txt TXT \"v=spf1 \" \"-all\"\n"
			   "$FAIL sf servfail\n"
			   "mx AAAA 2001:db8::1\n"
			   "*.many A 192.0.2.7\n"
			   "9.2.0.192.in-addr.arpa. PTR mx\n";

struct rig {
	struct dns_server *server;
	struct dns *dns;
};

static struct rig
rig_new(uint32_t timeout_ms)
{
	static const char *const open[] = {"all"};
	struct rig r = {.server = dns_server_start(zone)};
	const char *servers[] = {dns_server_name(r.server)};
	char why[200] = "", want[64];
	struct dns_backend *b = dns_unbound_new(&(struct dns_unbound_options){.servers = servers,
							.server_count = 1,
							.no_validation = true,
							.local_zones = open,
							.local_zone_count = 1},
		why, sizeof(why));

	CU_ASSERT_STRING_EQUAL(why, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	snprintf(want, sizeof(want), "servers %s", servers[0]);
	CU_ASSERT_STRING_EQUAL(dns_unbound_mode(b), want);
	CU_ASSERT_FALSE(dns_unbound_validates(b));
	r.dns = dns_new(b, &(struct dns_options){.timeout_ms = timeout_ms, .cache_bytes = 1 << 20});
	return r;
}

static void
rig_free(struct rig *r)
{
	dns_free(r->dns);
	dns_server_stop(r->server);
}

/* Asks until there is an answer. */
static const struct dns_answer *
ask(struct dns_session *s, const char *name, enum dns_type type)
{
	const struct dns_answer *a = dns_ask(s, view_str(name), type);

	while (!a && dns_wait(s, clock_mono_ms() + 20000))
		a = dns_ask(s, view_str(name), type);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	return a;
}

static void
answers(void)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status status;
		bool nxdomain;
		const char *text; /* its name or text */
	} cases[] = {
		{"mx.example.test", DNS_A, DNS_FOUND, false, NULL},
		{"MX.example.test.", DNS_AAAA, DNS_FOUND, false, NULL},
		{"alias.example.test", DNS_A, DNS_FOUND, false, NULL},
		{"example.test", DNS_MX, DNS_FOUND, false, "mx.example.test"},
		{"txt.example.test", DNS_TXT, DNS_FOUND, false, "v=spf1 -all"},
		{"9.2.0.192.in-addr.arpa", DNS_PTR, DNS_FOUND, false, "mx.example.test"},
		{"nope.example.test", DNS_A, DNS_NONE, true, NULL},
		{"mx.example.test", DNS_TXT, DNS_NONE, false, NULL},
		{"sf.example.test", DNS_A, DNS_TEMPFAIL, false, "SERVFAIL"},
		{"we ird\\.example.test", DNS_A, DNS_NONE, true, NULL},
	};
	struct rig r = rig_new(10000);
	struct dns_session *s = dns_session_new(r.dns);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct dns_answer *a = ask(s, cases[i].name, cases[i].type);

		UNIT_CASE(a->status == cases[i].status, cases[i].name);
		UNIT_CASE(a->nxdomain == cases[i].nxdomain, cases[i].name);
		if (a->status == DNS_TEMPFAIL)
			UNIT_CASE(strcmp(a->why, cases[i].text) == 0, cases[i].name);
		else if (cases[i].text && a->n)
			UNIT_VIEW(a->rr[0].name.p ? a->rr[0].name : a->rr[0].text, cases[i].text);
		if (a->status == DNS_NONE)
			UNIT_CASE(a->ttl > 0 && a->ttl <= 60, cases[i].name);
	}
	dns_session_free(s);
	rig_free(&r);
}

static void
misbehaviour(void)
{
	struct rig r = rig_new(10000);
	struct dns_session *s = dns_session_new(r.dns);
	const struct dns_answer *a;

	dns_server_set(r.server, DNS_SERVER_TRUNCATE, 0);
	a = ask(s, "a.many.example.test", DNS_A);
	CU_ASSERT_EQUAL(a->status, DNS_FOUND);
	CU_ASSERT(dns_server_tcp(r.server) > 0);
	dns_server_set(r.server, DNS_SERVER_HIJACK, 0);
	a = ask(s, "not.example.test", DNS_A);
	CU_ASSERT_EQUAL(a->status, DNS_FOUND);
	CU_ASSERT_EQUAL(a->rr[0].ip.b[3], 99);
	dns_server_set(r.server, DNS_SERVER_SERVFAIL, 0);
	a = ask(s, "b.many.example.test", DNS_A);
	CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
	CU_ASSERT_STRING_EQUAL(a->why, "SERVFAIL");
	dns_session_free(s);
	rig_free(&r);
}

/* The answer takes longer than the time-out, and comes into the cache all the same. */
static void
late(void)
{
	struct rig r = rig_new(50);
	struct dns_session *s = dns_session_new(r.dns), *t;
	const struct dns_answer *a = NULL;
	int64_t start = clock_mono_ms();
	struct dns_counters c = {0};

	dns_server_set(r.server, DNS_SERVER_ANSWER, 200);
	a = ask(s, "a.many.example.test", DNS_A);
	CU_ASSERT(clock_mono_ms() - start < 5000);
	CU_ASSERT_EQUAL(a->status, DNS_TEMPFAIL);
	CU_ASSERT_STRING_EQUAL(a->why, "timeout");
	do { /* new sessions are given the failure from the cache, until the answer comes */
		t = dns_session_new(r.dns);
		a = dns_ask(t, VIEW("a.many.example.test"), DNS_A);
		if (!a || a->status != DNS_FOUND) {
			dns_session_free(t);
			t = NULL;
		}
	} while (!t && clock_mono_ms() - start < 10000);
	CU_ASSERT_PTR_NOT_NULL(t);
	dns_session_free(t);
	dns_count(r.dns, &c);
	CU_ASSERT_EQUAL(c.timeouts, 1);
	dns_session_free(s);
	rig_free(&r);
}

/* A silent server: the session ends, the service ends, with questions on their way. */
static void
silence(void)
{
	struct rig r = rig_new(30);
	struct dns_session *s = dns_session_new(r.dns);
	int64_t start = clock_mono_ms();

	dns_server_set(r.server, DNS_SERVER_SILENT, 0);
	CU_ASSERT_EQUAL(ask(s, "a.many.example.test", DNS_A)->status, DNS_TEMPFAIL);
	CU_ASSERT_PTR_NULL(dns_ask(s, VIEW("b.many.example.test"), DNS_A));
	dns_session_free(s);
	rig_free(&r);
	CU_ASSERT(clock_mono_ms() - start < 5000);
}

/* Cancelling races with answers: with a give-up time of 1 ms every new question cancels older ones.
 */
static void *
hammer(void *arg)
{
	struct dns *d = arg;
	char name[64];

	for (int round = 0; round < 60; round++) {
		struct dns_session *s = dns_session_new(d);

		for (int i = 0; i < 5; i++) {
			snprintf(name, sizeof(name), "n%d-%d.many.example.test", round, i);
			dns_ask(s, view_str(name), DNS_A);
		}
		dns_wait(s, clock_mono_ms() + 2);
		dns_session_free(s);
	}
	return NULL;
}

static void
races(void)
{
	enum { N = 3 };
	static const char *const open[] = {"test."};
	struct dns_server *server = dns_server_start(zone);
	const char *servers[] = {dns_server_name(server)};
	char why[200];
	struct dns_backend *b = dns_unbound_new(&(struct dns_unbound_options){.servers = servers,
							.server_count = 1,
							.no_validation = true,
							.local_zones = open,
							.local_zone_count = 1},
		why, sizeof(why));
	struct dns *d = dns_new(b, &(struct dns_options){.give_up_ms = 1});
	struct dns_counters c;
	pthread_t t[N];

	for (int i = 0; i < N; i++)
		pthread_create(&t[i], NULL, hammer, d);
	for (int i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	dns_count(d, &c);
	CU_ASSERT(c.asked >= N * 60 * 5); /* and a probe, when many fail in a row */
	CU_ASSERT(c.timeouts > 0);
	CU_ASSERT(c.found + c.tempfail <= c.sent);
	dns_free(d);
	dns_server_stop(server);
}

/* What the text of a resolv.conf leads to. */
static void
modes(void)
{
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{"private", "search x\nnameserver 10.0.0.1\n# nameserver 192.0.2.9\n",
			"resolv.conf 10.0.0.1"},
		{"loopback and private", "nameserver 127.0.0.53\nnameserver\tfd00::1 \n",
			"resolv.conf 127.0.0.53 fd00::1"},
		{"one public", "nameserver 10.0.0.1\nnameserver 192.0.2.1\n", "own recursion"},
		{"none", "search x\n", "own recursion"},
		{"not an address", "nameserver here\n", "own recursion"},
		{"other words", "nameservers 10.0.0.1\n", "own recursion"},
	};
	char path[] = "/tmp/test_dns_unbound.XXXXXX", why[200] = "";
	int fd = mkstemp(path);
	struct dns_backend *b;

	CU_ASSERT_FATAL(fd >= 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = strlen(cases[i].text);

		CU_ASSERT_EQUAL(ftruncate(fd, 0), 0);
		CU_ASSERT_EQUAL(pwrite(fd, cases[i].text, n, 0), (ssize_t)n);
		b = dns_unbound_new(
			&(struct dns_unbound_options){.resolv_conf = path}, why, sizeof(why));
		UNIT_CASE(b != NULL, cases[i].name);
		UNIT_CASE(b && strcmp(dns_unbound_mode(b), cases[i].want) == 0, cases[i].name);
		if (b)
			b->free(b);
	}
	close(fd);
	unlink(path);
	b = dns_unbound_new(&(struct dns_unbound_options){.resolv_conf = path}, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_STRING_EQUAL(dns_unbound_mode(b), "own recursion");
	b->free(b);
}

static void
refuses(void)
{
	static const char *const servers[] = {
		"192.0.2.1@0", "192.0.2.1@70000", "ns.example", "", "1.2.3"};
	char why[200];

	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
		struct dns_unbound_options o = {.servers = &servers[i], .server_count = 1};

		why[0] = '\0';
		UNIT_CASE(dns_unbound_new(&o, why, sizeof(why)) == NULL, servers[i]);
		UNIT_CASE(strstr(why, "not an address") != NULL, servers[i]);
	}
	CU_ASSERT_PTR_NULL(dns_unbound_new(
		&(struct dns_unbound_options){.resolv_conf = "/", .trust_anchor = "/nonexistent"},
		why, sizeof(why)));
}

static const struct unit_test tests[] = {
	{"answers through libunbound", answers},
	{"meets truncation, hijacking and SERVFAIL", misbehaviour},
	{"keeps a late answer", late},
	{"ends while a server is silent", silence},
	{"cancels while answers come", races},
	{"chooses servers as resolv.conf has them", modes},
	{"refuses what is no server and no anchor", refuses},
};

int
main(void)
{
	return unit_main("svc/dns_unbound", tests, sizeof(tests) / sizeof(*tests));
}
