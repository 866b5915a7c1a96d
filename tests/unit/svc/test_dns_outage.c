/* SPDX-License-Identifier: BSD-2-Clause */
#include "svc/dns_outage.h"

#include "tests/lib/unit.h"

enum { N = DNS_OUTAGE_FAILURES };

static void
fail(struct dns_outage *o, int times, int64_t from, int64_t step)
{
	for (int i = 0; i < times; i++)
		dns_outage_note(o, true, from + i * step);
}

static void
runs(void)
{
	struct dns_outage o = {.n = 0};

	CU_ASSERT_FALSE(dns_outage_is(&o, 0));
	fail(&o, N - 1, 1000, 10);
	CU_ASSERT_FALSE(dns_outage_is(&o, 2000));
	fail(&o, 1, 1500, 10);
	CU_ASSERT_TRUE(dns_outage_is(&o, 2000));
	dns_outage_note(&o, false, 2001);
	CU_ASSERT_FALSE(dns_outage_is(&o, 2002));
	fail(&o, N - 1, 3000, 10);
	CU_ASSERT_FALSE(dns_outage_is(&o, 4000));
}

/* Failures that come slowly are not the resolver's; nor are old ones. */
static void
minutes(void)
{
	enum { SLOW = DNS_OUTAGE_MS / (N - 1) + 1 };
	struct dns_outage o = {.n = 0};

	fail(&o, 3 * N, 0, SLOW);
	CU_ASSERT_FALSE(dns_outage_is(&o, (3 * N - 1) * SLOW));
	o.n = 0;
	fail(&o, N, 1000, 0);
	CU_ASSERT_TRUE(dns_outage_is(&o, 1000 + DNS_OUTAGE_MS));
	CU_ASSERT_FALSE(dns_outage_is(&o, 1001 + DNS_OUTAGE_MS));
}

/* However long it lasts, the last failures count. */
static void
lasting(void)
{
	struct dns_outage o = {.n = 0};

	for (int64_t now = 0; now < 100000; now += 100) {
		dns_outage_note(&o, true, now);
		CU_ASSERT_EQUAL(dns_outage_is(&o, now), now >= (N - 1) * 100);
	}
	CU_ASSERT_FALSE(dns_outage_is(&o, 100000 + DNS_OUTAGE_MS));
}

int
main(void)
{
	static const struct unit_test tests[] = {
		{"a run of failures, ended by one answer", runs},
		{"within a minute", minutes},
		{"as long as it lasts", lasting},
	};

	return unit_main("svc/dns_outage", tests, sizeof(tests) / sizeof(*tests));
}
