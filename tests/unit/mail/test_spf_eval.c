/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a hostile zone can make an evaluation do, and that the order of answers changes nothing.
 */
#include "mail/spf/spf_eval.h"

#include <stdio.h>

#include "tests/lib/spf_bench.h"
#include "tests/lib/unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))
#define X    "x.example "

static void
add(struct spf_zone *z, const char *name, int type, const char *value)
{
	spf_zone_add(z, view_str(name), type, view_str(value));
}

static void
long_explanations_are_harmless(void)
{
	char record[600] = "v=spf1 -all exp=", text[3000];
	struct spf_bench b = spf_bench_new("");

	memset(record + strlen(record), 'x', 440);
	strncat(record, ".example", 10);
	add(b.zone, "x.example", SPF_RR_TXT, record);
	CU_ASSERT(spf_bench_run(&b, "a 460-byte exp=") == SPF_FAIL && !b.out.explanation.p);
	spf_bench_done(&b);
	b = spf_bench_new(X "TXT v=spf1 -all exp=e.example");
	for (size_t i = 0; i < sizeof(text) - 1; i += 4)
		memcpy(text + i, "%{s}", 4);
	text[2996] = 0;
	add(b.zone, "e.example", SPF_RR_TXT, text);
	CU_ASSERT(spf_bench_run(&b, "749 macros") == SPF_FAIL && !b.out.explanation.p);
	spf_bench_done(&b);
}

/* Ten includes in each of eleven levels: sequentially ten questions, however the answers come. */
static void
nested_includes_are_bounded(void)
{
	struct spf_bench b = spf_bench_new(X "TXT v=spf1 include:0.l0.example -all");
	char name[40], record[400];

	for (int level = 0; level < 11; level++) {
		for (int k = 0; k < 10; k++) {
			snprintf(record, sizeof(record), "v=spf1");
			for (int i = 0; i < 10; i++)
				snprintf(record + strlen(record), sizeof(record) - strlen(record),
					" include:%d.l%d.example", i, level + 1);
			snprintf(name, sizeof(name), "%d.l%d.example", k, level);
			add(b.zone, name, SPF_RR_TXT, record);
		}
	}
	CU_ASSERT(spf_bench_run(&b, "nested includes") == SPF_PERMERROR);
	CU_ASSERT(spf_zone_questions(b.zone) <= 1 + 2 * SPF_TERMS);
	spf_bench_done(&b);
}

static void
many_terms_are_all_read(void)
{
	struct spf_bench b = spf_bench_new("");
	char record[4000] = "v=spf1";

	for (int i = 0; i < 100; i++)
		snprintf(record + strlen(record), sizeof(record) - strlen(record),
			" -ip4:10.0.0.%d", i);
	strncat(record, " ip4:192.0.2.1 -all", 30);
	add(b.zone, "x.example", SPF_RR_TXT, record);
	CU_ASSERT(spf_bench_run(&b, "101 networks") == SPF_PASS);
	spf_bench_done(&b);
	b = spf_bench_new("");
	snprintf(record, sizeof(record), "v=spf1");
	for (int i = 0; i < 64; i++)
		snprintf(record + strlen(record), sizeof(record) - strlen(record),
			" a:%d.y.example", i);
	add(b.zone, "x.example", SPF_RR_TXT, record);
	for (int i = 0; i < 64; i++) {
		snprintf(record, sizeof(record), "%d.y.example", i);
		add(b.zone, record, SPF_RR_A, "192.0.2.2");
	}
	CU_ASSERT(spf_bench_run(&b, "64 terms") == SPF_PERMERROR);
	CU_ASSERT(spf_zone_questions(b.zone) == 1 + SPF_TERMS);
	spf_bench_done(&b);
}

static void
add_mx(struct spf_zone *z, const char *domain, int base)
{
	char host[60];

	for (int i = 0; i < 10; i++) {
		snprintf(host, sizeof(host), "%d.h%d.example", i, base);
		add(z, domain, SPF_RR_MX, host);
		add(z, host, SPF_RR_A, "192.0.2.2");
	}
}

/* The most that one evaluation can be made to ask. */
static void
questions_have_a_ceiling(void)
{
	struct spf_bench b = spf_bench_new("e.example TXT %{p}");
	char record[800] = "v=spf1", name[60];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "m%d.example", i);
		snprintf(record + strlen(record), sizeof(record) - strlen(record), " mx:%s", name);
		add_mx(b.zone, name, i);
		snprintf(name, sizeof(name), "p%d.example", i);
		add(b.zone, "1.2.0.192.in-addr.arpa", SPF_RR_PTR, name);
	}
	strncat(record, " -all exp=e.example", 30);
	add(b.zone, "x.example", SPF_RR_TXT, record);
	CU_ASSERT(spf_bench_run(&b, "ten mx") == SPF_FAIL);
	CU_ASSERT(spf_zone_questions(b.zone) == SPF_QUESTIONS_MAX);
	spf_bench_done(&b);
}

/* Terms asked ahead in vain behind an include that uses up the count itself. */
static void
includes_do_not_add_questions(void)
{
	struct spf_bench b = spf_bench_new(
		X "TXT v=spf1 include:i.example a:0.a.example a:1.a.example a:2.a.example "
		  "a:3.a.example a:4.a.example a:5.a.example a:6.a.example a:7.a.example "
		  "a:8.a.example -all");
	char record[800] = "v=spf1", name[60];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "m%d.example", i);
		snprintf(record + strlen(record), sizeof(record) - strlen(record), " mx:%s", name);
		add_mx(b.zone, name, i);
		snprintf(name, sizeof(name), "%d.a.example", i);
		add(b.zone, name, SPF_RR_A, "192.0.2.2");
	}
	add(b.zone, "i.example", SPF_RR_TXT, record);
	CU_ASSERT(spf_bench_run(&b, "wasteful include") == SPF_PERMERROR);
	CU_ASSERT(spf_zone_check(b.zone, SPF_ZONE_NEXT_ROUND, &b.q, b.a, &b.out) == SPF_PERMERROR);
	CU_ASSERT(spf_zone_questions(b.zone) == 1 + 1 + 9 + 9 * 11);
	spf_bench_done(&b);
}

/* ---- zones made at random ---- */

static unsigned
pick(uint32_t *seed, unsigned n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 16) % n;
}

static void
random_record(uint32_t *seed, char *out, size_t size)
{
	static const char *const terms[] = {"a", "mx", "ptr", "a:d%u.example/31", "mx:d%u.example",
		"ptr:d%u.example", "include:d%u.example", "~include:d%u.example",
		"exists:d%u.example", "-exists:%%{p}.d%u.example", "ip4:192.0.2.%u",
		"?a:d%u.example", "a:%%{l}.d%u.example"};
	static const char *const ends[] = {
		"", " -all", " ~all", " redirect=d%u.example", " -all exp=d%u.example"};
	unsigned n = pick(seed, 8);

	snprintf(out, size, "v=spf1");
	for (unsigned i = 0; i < n; i++) {
		char term[60];

		/* The formats are the table's above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(term, sizeof(term), terms[pick(seed, N(terms))], pick(seed, 8));
		snprintf(out + strlen(out), size - strlen(out), " %s", term);
	}
	snprintf(out + strlen(out), size - strlen(out), ends[pick(seed, N(ends))], pick(seed, 8));
#pragma GCC diagnostic pop
}

static void
random_zone(uint32_t *seed, struct spf_zone *z)
{
	for (unsigned i = 0; i < 8; i++) {
		char name[40], value[500];

		snprintf(name, sizeof(name), i ? "d%u.example" : "x.example", i);
		random_record(seed, value, sizeof(value));
		if (i == 0 || pick(seed, 6))
			add(z, name, SPF_RR_TXT, value);
		for (unsigned k = pick(seed, 4); k > 0; k--) {
			snprintf(value, sizeof(value), "192.0.2.%u", 1 + pick(seed, 6));
			add(z, name, SPF_RR_A, value);
			snprintf(value, sizeof(value), "d%u.example", pick(seed, 8));
			add(z, name, SPF_RR_MX, value);
			add(z, "1.2.0.192.in-addr.arpa", SPF_RR_PTR, value);
		}
		if (pick(seed, 8) == 0)
			add(z, name, SPF_ZONE_TIMEOUT, "");
	}
}

static void
pace_changes_nothing(void)
{
	unsigned seen[SPF_PERMERROR + 1] = {0};

	for (uint32_t i = 0; i < 3000; i++) {
		struct spf_bench b = spf_bench_new("");
		uint32_t seed = i;
		char name[40];

		random_zone(&seed, b.zone);
		snprintf(name, sizeof(name), "zone %u", i);
		seen[spf_bench_run(&b, name)]++;
		spf_bench_done(&b);
	}
	for (int r = SPF_NEUTRAL; r <= SPF_PERMERROR; r++)
		UNIT_CASE(seen[r] > 20, spf_query_result_name((enum spf_result)r));
}

static const struct unit_test tests[] = {
	{"long explanations are harmless", long_explanations_are_harmless},
	{"nested includes are bounded", nested_includes_are_bounded},
	{"many terms are all read", many_terms_are_all_read},
	{"questions have a ceiling", questions_have_a_ceiling},
	{"asking ahead adds no questions", includes_do_not_add_questions},
	{"pace changes nothing in random zones", pace_changes_nothing},
};

int
main(void)
{
	return unit_main("mail/spf/spf_eval", tests, N(tests));
}
