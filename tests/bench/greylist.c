/* SPDX-License-Identifier: BSD-2-Clause
 *
 * greylist -- what greylisting costs wanted mail and what it stops: a made-up month (tests/lib/month.h), once as
 * greylists with the key of client network, sender and recipient see it, once as Postern does.
 *
 *	build/bench/greylist [SEED [DAYS [PERCENT]]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/month.h"

static const char rules[] = "rule ALL when client.ip in {0.0.0.0/0, ::/0} greylist\n";

enum { NETWORK, ORGANISATION, WAYS };

static double
percent(uint64_t n, uint64_t of)
{
	return of ? 100.0 * (double)n / (double)of : 0;
}

static struct month_count
sum(const struct month_result *r, bool spam)
{
	struct month_count s = {0};

	for (size_t i = 0; i < month_n_kinds; i++) {
		const struct month_count *c = &r->kind[i];

		if (month_kinds[i].spam != spam)
			continue;
		s.mails += c->mails;
		s.attempts += c->attempts;
		s.delayed += c->delayed;
		s.lost += c->lost;
		s.late += c->late;
	}
	return s;
}

static void
minutes(const char *what, const struct month_result r[WAYS], size_t per_mille)
{
	printf("  %-36s", what);
	for (int w = 0; w < WAYS; w++) {
		size_t i = r[w].n_delays * per_mille / 1000;

		i = i < r[w].n_delays ? i : r[w].n_delays - 1;
		printf("%16.1f min", r[w].n_delays ? r[w].delay[i] / 60.0 : 0);
	}
	putchar('\n');
}

static void
wanted(const struct month_result r[WAYS])
{
	struct month_count of[WAYS] = {sum(&r[NETWORK], false), sum(&r[ORGANISATION], false)};

	printf("%-38s%20s%20s\n", "wanted mail", "by network", "by organisation");
	printf("  %-36s%18.1f %%%18.1f %%\n", "delayed", percent(of[0].delayed, of[0].mails),
		percent(of[1].delayed, of[1].mails));
	minutes("  median of these", r, 500);
	minutes("  p90", r, 900);
	minutes("  p99", r, 990);
	minutes("  longest", r, 1000);
	printf("  %-36s%20llu%20llu\n", "put off once more after the cap", (unsigned long long)of[0].late,
		(unsigned long long)of[1].late);
	printf("  %-36s%20llu%20llu\n", "never came through", (unsigned long long)of[0].lost,
		(unsigned long long)of[1].lost);
	for (size_t i = 0; i < month_n_kinds; i++)
		if (!month_kinds[i].spam)
			printf("  %-36s%18.1f %%%18.1f %%  delayed\n", month_kinds[i].name,
				percent(r[0].kind[i].delayed, r[0].kind[i].mails),
				percent(r[1].kind[i].delayed, r[1].kind[i].mails));
}

static void
spam(const struct month_result r[WAYS])
{
	struct month_count of[WAYS] = {sum(&r[NETWORK], true), sum(&r[ORGANISATION], true)};

	printf("%-38s%18.1f %%%18.1f %%\n", "spam stopped", percent(of[0].lost, of[0].mails),
		percent(of[1].lost, of[1].mails));
	for (size_t i = 0; i < month_n_kinds; i++)
		if (month_kinds[i].spam)
			printf("  %-36s%18.1f %%%18.1f %%\n", month_kinds[i].name,
				percent(r[0].kind[i].lost, r[0].kind[i].mails),
				percent(r[1].kind[i].lost, r[1].kind[i].mails));
}

int
main(int argc, char **argv)
{
	struct month_options o = {.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
		.days = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 30,
		.percent = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 100};
	struct month_result r[WAYS];
	struct month_count of[2];

	month_run(&o, &r[NETWORK]);
	o.rules = rules;
	month_run(&o, &r[ORGANISATION]);
	of[0] = sum(&r[ORGANISATION], false);
	of[1] = sum(&r[ORGANISATION], true);
	printf("greylist: %u days, seed %llu: %llu wanted mails, %llu of spam, all of them greylisted; "
	       "%llu sessions in %.1f s\n", o.days, (unsigned long long)o.seed, (unsigned long long)of[0].mails,
		(unsigned long long)of[1].mails, (unsigned long long)r[ORGANISATION].sessions, r[ORGANISATION].seconds);
	wanted(r);
	spam(r);
	for (int w = 0; w < WAYS; w++)
		month_free(&r[w]);
	return 0;
}
