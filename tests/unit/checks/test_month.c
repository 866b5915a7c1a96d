/* SPDX-License-Identifier: BSD-2-Clause
 *
 * month -- what the greylist promises, held against some days of made-up mail of many kinds of senders.
 */
#include "tests/lib/month.h"

#include "tests/lib/unit.h"

static const char rules[] = "rule ALL when client.ip in {0.0.0.0/0, ::/0} greylist";
static struct month_result ours, networks; /* the same mail: with our greylist; with one of networks alone */

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
	for (size_t i = 0; i < month_n_kinds; i++) {
		const struct month_kind *k = &month_kinds[i];
		const struct month_count *c = &ours.kind[i];

		UNIT_CASE(c->mails > 0, k->name);
		UNIT_CASE(c->late == 0, k->name);
		if (!k->spam)
			UNIT_CASE(c->lost == 0, k->name);
		/* whichever of its hosts tries */
		if (k->spf || k->names)
			UNIT_CASE(c->again == 0, k->name);
	}
}

/* Login codes come at once, from whichever host, of those to whom our users wrote. */
static void
correspondents(void)
{
	struct month_count c = kind(&ours, "login codes, known from outbound");

	CU_ASSERT(c.mails > 0);
	CU_ASSERT_EQUAL(c.attempts, c.mails);
}

static uint64_t
delayed(const struct month_result *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < month_n_kinds; i++)
		n += month_kinds[i].spam ? 0 : r->kind[i].delayed;
	return n;
}

static void
gain(void)
{
	CU_ASSERT(delayed(&ours) * 3 < delayed(&networks));
	CU_ASSERT_EQUAL(kind(&ours, "bots, one attempt").lost, kind(&networks, "bots, one attempt").lost);
}

static void
unwanted(void)
{
	struct month_count c = kind(&ours, "bots, one attempt");

	CU_ASSERT_EQUAL(c.lost, c.mails);
	CU_ASSERT_EQUAL(c.attempts, c.mails);
	c = kind(&ours, "bots, retry soon from other bots");
	CU_ASSERT(c.lost * 100 >= c.mails * 95);
	c = kind(&ours, "bots, retry from the same bot");
	CU_ASSERT_EQUAL(c.lost, 0);
}

/* The same seed is the same month. */
static void
again(void)
{
	const struct month_options day = {.seed = 6, .days = 1, .percent = 20, .rules = rules};
	struct month_result a, b;

	month_run(&day, &a);
	month_run(&day, &b);
	CU_ASSERT_EQUAL_FATAL(a.n_delays, b.n_delays);
	CU_ASSERT(a.n_delays > 0);
	CU_ASSERT(memcmp(a.delay, b.delay, a.n_delays * sizeof(*a.delay)) == 0);
	CU_ASSERT(memcmp(a.kind, b.kind, month_n_kinds * sizeof(*a.kind)) == 0);
	month_free(&a);
	month_free(&b);
}

static const struct unit_test tests[] = {
	{"who tries again comes through in time", wanted},
	{"who does not never does", unwanted},
	{"whom our users wrote to waits never", correspondents},
	{"a greylist of networks delays many more", gain},
	{"a seed is a month", again},
};

int
main(void)
{
	struct month_options o = {.seed = 5, .days = 4, .percent = 30};
	int status;

	month_run(&o, &networks);
	o.rules = rules;
	month_run(&o, &ours);
	status = unit_main("checks/month", tests, sizeof(tests) / sizeof(*tests));
	month_free(&ours);
	month_free(&networks);
	return status;
}
