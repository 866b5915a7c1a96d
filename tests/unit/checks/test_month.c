/* SPDX-License-Identifier: BSD-2-Clause
 *
 * month -- what the greylist promises, held against some days of made-up mail of many kinds of senders.
 */
#include "tests/lib/month.h"

#include "tests/lib/unit.h"

static const struct month_options days = {.seed = 5, .days = 4, .percent = 30,
	.rules = "rule ALL when client.ip in {0.0.0.0/0, ::/0} greylist"};

static struct month_count
kind(const struct month_result *r, const char *name)
{
	for (size_t i = 0; i < month_n_kinds; i++)
		if (strcmp(month_kinds[i].name, name) == 0)
			return r->kind[i];
	CU_FAIL_FATAL("no such kind");
	return (struct month_count){0};
}

/* Whoever tries again comes through, and not later than by the first attempt after the cap. */
static void
wanted(void)
{
	struct month_result r;

	month_run(&days, &r);
	for (size_t i = 0; i < month_n_kinds; i++) {
		const struct month_kind *k = &month_kinds[i];

		UNIT_CASE(r.kind[i].mails > 0, k->name);
		UNIT_CASE(r.kind[i].late == 0, k->name);
		if (!k->spam)
			UNIT_CASE(r.kind[i].lost == 0, k->name);
		/* whichever of its hosts tries */
		if (k->spf || k->names)
			UNIT_CASE(r.kind[i].again == 0, k->name);
	}
	month_free(&r);
}

/* Login codes come at once, from whichever host, of those to whom our users wrote. */
static void
correspondents(void)
{
	struct month_result r;
	struct month_count c;

	month_run(&days, &r);
	c = kind(&r, "login codes, known from outbound");
	CU_ASSERT(c.mails > 0);
	CU_ASSERT_EQUAL(c.attempts, c.mails);
	month_free(&r);
}

static uint64_t
delayed(const struct month_result *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < month_n_kinds; i++)
		n += month_kinds[i].spam ? 0 : r->kind[i].delayed;
	return n;
}

/* The same mail against a greylist that knows networks alone. */
static void
gain(void)
{
	struct month_options o = days;
	struct month_result ours, networks;

	month_run(&o, &ours);
	o.rules = NULL;
	month_run(&o, &networks);
	CU_ASSERT(delayed(&ours) * 3 < delayed(&networks));
	CU_ASSERT_EQUAL(kind(&ours, "bots, one attempt").lost, kind(&networks, "bots, one attempt").lost);
	month_free(&ours);
	month_free(&networks);
}

static void
unwanted(void)
{
	struct month_result r;
	struct month_count c;

	month_run(&days, &r);
	c = kind(&r, "bots, one attempt");
	CU_ASSERT_EQUAL(c.lost, c.mails);
	CU_ASSERT_EQUAL(c.attempts, c.mails);
	c = kind(&r, "bots, retry soon from other bots");
	CU_ASSERT(c.lost * 100 >= c.mails * 95);
	c = kind(&r, "bots, retry from the same bot");
	CU_ASSERT_EQUAL(c.lost, 0);
	month_free(&r);
}

/* The same seed is the same month. */
static void
again(void)
{
	struct month_options o = days;
	struct month_result a, b;

	o.days = 1;
	month_run(&o, &a);
	month_run(&o, &b);
	CU_ASSERT_EQUAL_FATAL(a.n_delays, b.n_delays);
	CU_ASSERT(memcmp(a.delay, b.delay, a.n_delays * sizeof(*a.delay)) == 0);
	CU_ASSERT(memcmp(a.kind, b.kind, month_n_kinds * sizeof(*a.kind)) == 0);
	month_free(&a);
	month_free(&b);
}

static const struct unit_test tests[] = {
	{"who tries again comes through in time", wanted},
	{"who does not never does", unwanted},
	{"whom our users wrote to waits never", correspondents},
	{"few wait beside a greylist of networks", gain},
	{"a seed is a month", again},
};

int
main(void)
{
	return unit_main("checks/month", tests, sizeof(tests) / sizeof(*tests));
}
