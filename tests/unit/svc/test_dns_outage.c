/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns/dns_outage.h"

#include "tests/lib/unit.h"

enum { N = DNS_OUTAGE_FAILURES, WAIT = 5000 };

static void
fail(struct dns_outage *o, int times, int64_t from, int64_t step)
{
	for (int i = 0; i < times; i++)
		dns_outage_note(o, true, from + i * step);
}

/* Is one due, and does it fail at once? */
static bool
probe_fails(struct dns_outage *o, int64_t now)
{
	if (!dns_outage_probe(o, now, WAIT))
		return false;
	dns_outage_probe_failed(o, now);
	return true;
}

static void
runs(void)
{
	struct dns_outage o = {.n = 0};

	CU_ASSERT_FALSE(probe_fails(&o, 1));
	fail(&o, N - 1, 1000, 10);
	CU_ASSERT_FALSE(probe_fails(&o, 2000));
	fail(&o, 1, 1500, 10);
	CU_ASSERT_TRUE(probe_fails(&o, 2000));
	CU_ASSERT_TRUE(dns_outage_is(&o, 2000));
	dns_outage_note(&o, false, 2001);
	CU_ASSERT_FALSE(dns_outage_is(&o, 2002));
	fail(&o, N - 1, 3000, 10);
	CU_ASSERT_FALSE(probe_fails(&o, 4000));
	CU_ASSERT_FALSE(dns_outage_is(&o, 4000));
}

/* Failures alone are no outage, however many: they may all be of one sender's zones. */
static void
probes(void)
{
	struct dns_outage o = {.n = 0};

	fail(&o, 10 * N, 1000, 0);
	CU_ASSERT_FALSE(dns_outage_is(&o, 1000));
	CU_ASSERT_TRUE(dns_outage_probe(&o, 1000, WAIT));
	CU_ASSERT_FALSE(dns_outage_probe(&o, 1000 + WAIT - 1, WAIT)); /* one at a time */
	CU_ASSERT_FALSE(dns_outage_is(&o, 1000 + WAIT - 1));
	dns_outage_note(&o, false, 1000 + WAIT - 1); /* the resolver works: all begins anew */
	fail(&o, N, 1000 + WAIT, 0);
	dns_outage_probe_failed(&o, 1000); /* some earlier one */
	CU_ASSERT_FALSE(dns_outage_is(&o, 1000 + WAIT));
	CU_ASSERT_TRUE(dns_outage_probe(&o, 1000 + WAIT, WAIT));
	CU_ASSERT_FALSE(dns_outage_is(&o, 1000 + WAIT));
	CU_ASSERT_TRUE(dns_outage_probe(&o, 1000 + 2 * WAIT, WAIT)); /* the last one brought nothing */
	CU_ASSERT_TRUE(dns_outage_is(&o, 1000 + 2 * WAIT));
	fail(&o, N, 1000 + 10 * DNS_OUTAGE_MS, 0); /* long after: that probe tells nothing */
	CU_ASSERT_FALSE(dns_outage_is(&o, 1000 + 10 * DNS_OUTAGE_MS));
	CU_ASSERT_TRUE(dns_outage_probe(&o, 1000 + 10 * DNS_OUTAGE_MS, WAIT));
	CU_ASSERT_FALSE(dns_outage_is(&o, 1000 + 10 * DNS_OUTAGE_MS));
}

/* Failures that come slowly are not the resolver's; nor are old ones. */
static void
minutes(void)
{
	enum { SLOW = DNS_OUTAGE_MS / (N - 1) + 1 };
	struct dns_outage o = {.n = 0};

	fail(&o, 3 * N, 1, SLOW);
	CU_ASSERT_FALSE(probe_fails(&o, (3 * N - 1) * SLOW));
	o.n = 0;
	fail(&o, N, 1000, 0);
	CU_ASSERT_TRUE(probe_fails(&o, 1000));
	CU_ASSERT_TRUE(dns_outage_is(&o, 1000 + DNS_OUTAGE_MS));
	CU_ASSERT_FALSE(dns_outage_is(&o, 1001 + DNS_OUTAGE_MS));
}

/* However long it lasts, the last failures count. */
static void
lasting(void)
{
	struct dns_outage o = {.n = 0};

	for (int64_t now = 100; now < 100000; now += 100) {
		dns_outage_note(&o, true, now);
		probe_fails(&o, now);
		CU_ASSERT_EQUAL(dns_outage_is(&o, now), now >= N * 100);
	}
	CU_ASSERT_FALSE(dns_outage_is(&o, 100000 + DNS_OUTAGE_MS));
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"a run of failures, ended by one answer", runs},
		{"only if the probe fails too", probes},
		{"within a minute", minutes},
		{"as long as it lasts", lasting},
	};

	return unit_main("svc/dns_outage", tests, sizeof(tests) / sizeof(*tests));
}
