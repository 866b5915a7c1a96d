/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/admission.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/unit.h"

static struct ip
ip(const char *text)
{
	struct ip a = {0};

	CU_ASSERT_TRUE(ip_parse(view_str(text), &a));
	return a;
}

static struct admission_counts counts;

static enum admission_answer
enter(struct admission *a, struct admission_pass *p, const char *client)
{
	const struct ip c = ip(client);
	enum admission_answer r = admission_enter(a, p);

	return r == ADMISSION_OK ? admission_identify(a, p, &c, true, &counts) : r;
}

static void
counts_clients_and_networks(void)
{
	static const struct {
		const char *client;
		unsigned of_client, of_network;
	} rows[] = {
		{"192.0.2.1", 1, 1},
		{"192.0.2.1", 2, 2},
		{"192.0.2.255", 1, 3},
		{"192.0.3.1", 1, 1},
		{"2001:db8:0:1::1", 1, 1},
		{"2001:db8:0:1::1", 2, 2},
		{"2001:db8:0:1:ffff::1", 1, 3},
		{"2001:db8:0:2::1", 1, 1},
		{"c000:0201::", 1, 1}, /* the bytes of 192.0.2.1 */
	};
	enum { ROWS = sizeof(rows) / sizeof(*rows) };
	struct admission *a = admission_new(&(struct admission_limits){0});
	struct admission_pass p[ROWS];

	for (size_t i = 0; i < ROWS; i++) {
		UNIT_CASE(enter(a, &p[i], rows[i].client) == ADMISSION_OK, rows[i].client);
		UNIT_CASE(counts.client == rows[i].of_client, rows[i].client);
		UNIT_CASE(counts.network == rows[i].of_network, rows[i].client);
		CU_ASSERT_EQUAL(counts.all, i + 1);
	}
	for (size_t i = 0; i < ROWS; i++) {
		admission_leave(a, &p[i]);
		admission_leave(a, &p[i]); /* harmless */
	}
	CU_ASSERT_EQUAL(admission_inside(a), 0);
	CU_ASSERT_EQUAL(enter(a, &p[0], "192.0.2.1"), ADMISSION_OK);
	CU_ASSERT_EQUAL(counts.client, 1); /* all had been taken off */
	CU_ASSERT_EQUAL(counts.network, 1);
	admission_leave(a, &p[0]);
	admission_free(a);
}

static void
has_ceilings(void)
{
	struct admission *a = admission_new(&(struct admission_limits){.all = 6, .client = 2, .network = 3});
	struct admission_pass p[8] = {0};
	const struct ip friend = ip("192.0.2.1");

	CU_ASSERT_EQUAL(enter(a, &p[0], "192.0.2.1"), ADMISSION_OK);
	CU_ASSERT_EQUAL(enter(a, &p[1], "192.0.2.1"), ADMISSION_OK);
	CU_ASSERT_EQUAL(enter(a, &p[2], "192.0.2.1"), ADMISSION_CLIENT);
	CU_ASSERT_EQUAL(counts.client, 3);
	admission_leave(a, &p[2]);
	CU_ASSERT_EQUAL(enter(a, &p[2], "192.0.2.2"), ADMISSION_OK);
	CU_ASSERT_EQUAL(enter(a, &p[3], "192.0.2.3"), ADMISSION_NETWORK);
	CU_ASSERT_EQUAL(counts.network, 4);
	admission_leave(a, &p[3]);
	CU_ASSERT_EQUAL(enter(a, &p[3], "2001:db8::1"), ADMISSION_OK);
	CU_ASSERT_EQUAL(admission_enter(a, &p[4]), ADMISSION_OK);
	CU_ASSERT_EQUAL(admission_identify(a, &p[4], &friend, false, &counts), ADMISSION_OK); /* not limited */
	CU_ASSERT_EQUAL(counts.client, 3);
	CU_ASSERT_EQUAL(enter(a, &p[5], "198.51.100.1"), ADMISSION_OK);
	CU_ASSERT_EQUAL(enter(a, &p[6], "198.51.100.2"), ADMISSION_ALL);
	admission_leave(a, &p[6]); /* was never inside */
	CU_ASSERT_EQUAL(admission_inside(a), 6);
	for (int i = 0; i < 6; i++)
		admission_leave(a, &p[i]);
	CU_ASSERT_EQUAL(admission_inside(a), 0);
	admission_free(a);
}

/* A PROXY header or XCLIENT tells who it really is. */
static void
a_client_may_be_another(void)
{
	struct admission *a = admission_new(&(struct admission_limits){.all = 10, .client = 1, .network = 5});
	struct admission_pass p = {0}, q = {0};
	const struct ip proxy = ip("10.0.0.1"), client = ip("192.0.2.1");

	CU_ASSERT_EQUAL(enter(a, &p, "10.0.0.1"), ADMISSION_OK);
	CU_ASSERT_EQUAL(admission_identify(a, &p, &proxy, true, &counts), ADMISSION_OK); /* is itself already */
	CU_ASSERT_EQUAL(counts.client, 1);
	CU_ASSERT_EQUAL(admission_identify(a, &p, &client, true, &counts), ADMISSION_OK);
	CU_ASSERT_EQUAL(counts.all, 1);
	CU_ASSERT_EQUAL(enter(a, &q, "10.0.0.1"), ADMISSION_OK); /* the proxy's place is free */
	CU_ASSERT_EQUAL(admission_identify(a, &q, &client, true, &counts), ADMISSION_CLIENT);
	CU_ASSERT_EQUAL(admission_inside(a), 2); /* it stays until it leaves */
	admission_leave(a, &p);
	CU_ASSERT_EQUAL(admission_identify(a, &q, &client, true, &counts), ADMISSION_OK);
	CU_ASSERT_EQUAL(counts.client, 1);
	admission_leave(a, &q);
	CU_ASSERT_EQUAL(admission_inside(a), 0);
	admission_free(a);
}

/* ---- many ---- */

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The least of three tries: what n sessions cost that come, stay, and go. */
static int64_t
cost_of(unsigned n)
{
	struct admission_pass *p = calloc(n, sizeof(*p));
	int64_t least = INT64_MAX;

	for (int k = 0; k < 3; k++) {
		struct admission *a = admission_new(&(struct admission_limits){0});
		int64_t start = cpu_ns(), took;

		for (unsigned i = 0; i < n; i++) {
			const struct ip c = {4, {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};

			admission_enter(a, &p[i]);
			admission_identify(a, &p[i], &c, true, &counts);
		}
		CU_ASSERT_EQUAL(counts.all, n);
		for (unsigned i = 0; i < n; i++)
			admission_leave(a, &p[i]);
		took = cpu_ns() - start;
		least = took < least ? took : least;
		admission_free(a);
	}
	free(p);
	return least;
}

static void
cost_is_in_proportion(void)
{
	int64_t few = cost_of(2000), many = cost_of(40000);

	CU_ASSERT_TRUE(many < few * 20 * 5); /* its square would be 400 times as much */
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *
come_and_go(void *arg)
{
	struct admission *a = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct ip c = {4, {192, 0, 2, (uint8_t)(i % 3)}};
		struct admission_counts n;
		struct admission_pass p;

		if (admission_enter(a, &p) == ADMISSION_OK)
			admission_identify(a, &p, &c, true, &n);
		admission_leave(a, &p);
	}
	return NULL;
}

static void
threads_share_it(void)
{
	struct admission *a = admission_new(&(struct admission_limits){.all = 3, .client = 2, .network = 3});
	struct admission_pass p;
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, come_and_go, a);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CU_ASSERT_EQUAL(admission_inside(a), 0);
	CU_ASSERT_EQUAL(enter(a, &p, "192.0.2.1"), ADMISSION_OK);
	CU_ASSERT_EQUAL(counts.network, 1);
	admission_leave(a, &p);
	admission_free(a);
}

/* In a process of its own, whose limits it changes: soft 100, hard 1000. */
static int
fit_of(unsigned wanted, unsigned each, unsigned others)
{
	const struct rlimit r = {100, 1000};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_NOFILE, &r);
		_exit((int)admission_fit(wanted, each, others));
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void
fits_the_descriptors(void)
{
	CU_ASSERT_EQUAL(fit_of(200, 2, 100), 200);
	CU_ASSERT_EQUAL(fit_of(200, 10, 100), 90); /* of the hard limit */
	CU_ASSERT_EQUAL(fit_of(200, 3, 1001), 0);
}

static const struct unit_test tests[] = {
	{"counts clients and networks", counts_clients_and_networks},
	{"has ceilings", has_ceilings},
	{"a client may be another", a_client_may_be_another},
	{"cost is in proportion", cost_is_in_proportion},
	{"threads share it", threads_share_it},
	{"fits the descriptors", fits_the_descriptors},
};

int
main(void)
{
	return unit_main("io/admission", tests, sizeof(tests) / sizeof(*tests));
}
