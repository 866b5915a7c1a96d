/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf -- what an SPF evaluation costs with each engine when the answers are there: one record, and one
 * that includes two and asks for an mx.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mail/spf/spf_query.h"

enum { ROUNDS = 50000 };

static const struct record {
	const char *name;
	enum spf_rr type;
	const char *text;
} records[] = {
	{"small.example", SPF_RR_TXT, "v=spf1 ip4:198.51.100.0/24 a ~all"},
	{"small.example", SPF_RR_A, "192.0.2.1"},
	{"large.example", SPF_RR_TXT, "v=spf1 mx include:a._spf.example include:b._spf.example -all"},
	{"large.example", SPF_RR_MX, "mx.large.example"},
	{"mx.large.example", SPF_RR_A, "198.51.100.7"},
	{"a._spf.example", SPF_RR_TXT, "v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/25 ip6:2001:db8::/32 ~all"},
	{"b._spf.example", SPF_RR_TXT, "v=spf1 a:out.example/28 exists:%{ir}.%{d} ~all"},
	{"out.example", SPF_RR_A, "198.51.100.9"},
};

static enum spf_ask
ask(void *ctx, struct view name, enum spf_rr type, struct spf_answer *out)
{
	static struct ip ip;
	static struct view text;

	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
		if (records[i].type != type || !view_is(name, records[i].name))
			continue;
		text = view_str(records[i].text);
		if (type == SPF_RR_A && !ip_parse(text, &ip))
			abort();
		*out = (struct spf_answer){.ip = &ip, .text = &text, .n = 1};
		return SPF_ASK_FOUND;
	}
	return SPF_ASK_NONE;
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
measure(const char *domain, enum spf_engine engine, enum spf_result want)
{
	struct spf_query q = {.ip = {4, {192, 0, 2, 1}},
		.local = VIEW("a"),
		.domain = view_str(domain),
		.helo = VIEW("h.example"),
		.engine = engine,
		.ask = ask};
	struct arena *a = arena_new();
	struct spf_outcome out;
	double begun = cpu_us();

	for (int i = 0; i < ROUNDS; i++) {
		if (spf_query_run(&q, a, &out) != want)
			abort();
		arena_reset(a);
	}
	arena_free(a);
	return (cpu_us() - begun) / ROUNDS;
}

int
main(void)
{
	static const struct {
		const char *domain;
		enum spf_result want;
	} cases[] = {{"small.example", SPF_PASS}, {"large.example", SPF_FAIL}};

	for (size_t i = 0; i < 2; i++)
		printf("spf: %s %.1f us with libspf2, %.1f us with the native engine\n", cases[i].domain,
			measure(cases[i].domain, SPF_LIBSPF2, cases[i].want),
			measure(cases[i].domain, SPF_NATIVE, cases[i].want));
	return 0;
}
