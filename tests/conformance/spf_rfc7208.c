/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_rfc7208 -- the openspf suite for RFC 7208 over mail/spf_query: one line a scenario, and a
 * total.
 *
 * Each case is checked at every pace of tests/lib/spf_zone: all answers at once, and coming in
 * later. Then the records of spf-libspf2-records go through the record parser. Skipped where the
 * suites are absent.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/spf_record.h"
#include "tests/lib/spf_zone.h"
#include "tests/lib/unit.h"
#include "util/clock.h"

struct totals {
	unsigned cases, passed;
	unsigned evaluations;
	uint64_t ns;
};

static struct view
text_of(const json_t *j)
{
	return j ? view_of(json_string_value(j), json_string_length(j)) : view_of(NULL, 0);
}

static struct view
without_dot(struct view v)
{
	return v.n > 0 && v.p[v.n - 1] == '.' ? view_head(v, v.n - 1) : v;
}

/* A string, the strings of one TXT record, or priority and name of an MX record. */
static void
add_value(struct spf_zone *z, struct view name, int type, const json_t *value)
{
	char joined[4096];
	size_t n = 0, i;
	const json_t *part;

	if (json_is_string(value)) {
		struct view v = text_of(value);

		spf_zone_add(z, name, type, type == SPF_RR_TXT ? v : without_dot(v));
		return;
	}
	if (type == SPF_RR_MX) {
		spf_zone_add(z, name, type, without_dot(text_of(json_array_get(value, 1))));
		return;
	}
	json_array_foreach(value, i, part)
	{
		struct view v = text_of(part);

		if (n + v.n > sizeof(joined))
			abort();
		memcpy(joined + n, v.p, v.n);
		n += v.n;
	}
	spf_zone_add(z, name, type, view_of(joined, n));
}

/* SPF entries are served as TXT unless the name has TXT entries of its own ("NONE": neither). */
static void
add_entry(struct spf_zone *z, struct view name, const json_t *entry, bool own_txt)
{
	static const struct {
		const char *name;
		int type;
	} types[] = {{"A", SPF_RR_A}, {"AAAA", SPF_RR_AAAA}, {"MX", SPF_RR_MX}, {"PTR", SPF_RR_PTR},
		{"TXT", SPF_RR_TXT}, {"SPF", SPF_RR_TXT}, {"CNAME", SPF_ZONE_CNAME}};
	const char *type = json_object_iter_key(json_object_iter((json_t *)entry));
	const json_t *value = json_object_get(entry, type ? type : "");

	if (json_is_string(entry)) {
		spf_zone_add(z, name, SPF_ZONE_TIMEOUT, VIEW(""));
		return;
	}
	if ((strcmp(type, "SPF") == 0 && own_txt) || view_eq_str(text_of(value), "NONE"))
		return;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(type, types[i].name) != 0)
			continue;
		add_value(z, name, types[i].type, value);
		return;
	}
	printf("unknown type %s\n", type);
	abort();
}

static struct spf_zone *
load_zone(json_t *data)
{
	struct spf_zone *z = spf_zone_new();
	const char *name;
	json_t *entries;

	json_object_foreach(data, name, entries)
	{
		bool own_txt = false;
		size_t i;
		const json_t *entry;

		json_array_foreach(entries, i, entry) own_txt |=
			json_object_get(entry, "TXT") != NULL;
		json_array_foreach(entries, i, entry) add_entry(z, view_str(name), entry, own_txt);
	}
	return z;
}

static bool
allowed(const json_t *want, enum spf_result got)
{
	size_t i;
	const json_t *one;

	if (json_is_string(want))
		return view_eq_str(text_of(want), spf_query_result_name(got));
	json_array_foreach(want, i, one)
	{
		if (view_eq_str(text_of(one), spf_query_result_name(got)))
			return true;
	}
	return false;
}

/* "DEFAULT" stands for the checker's own words: the domain gives none. */
static bool
explained(const json_t *want, const struct spf_outcome *got)
{
	struct view v = text_of(want);

	if (!v.p)
		return true;
	return view_eq_str(v, "DEFAULT") ? !got->explanation.p
					 : got->explanation.p && view_eq(got->explanation, v);
}

static void
read_query(const json_t *test, struct spf_query *q)
{
	struct view from = text_of(json_object_get(test, "mailfrom"));
	size_t at = view_rfind(from, '@');

	*q = (struct spf_query){
		.helo = text_of(json_object_get(test, "helo")),
		.receiver = VIEW("receiver.example"),
		.now = 1700000000,
		.explain = true,
	};
	if (!ip_parse(text_of(json_object_get(test, "host")), &q->ip))
		abort();
	if (at < from.n) {
		q->local = view_head(from, at);
		q->domain = view_skip(from, at + 1);
	}
}

static bool
run_case(struct spf_zone *z, const char *name, const json_t *test, struct totals *t)
{
	struct arena *a = arena_new();
	struct spf_query q;
	bool ok = true;

	read_query(test, &q);
	for (int pace = SPF_ZONE_AT_ONCE; ok && pace < SPF_ZONE_PACES; pace++) {
		struct spf_outcome out;
		enum spf_result r = spf_zone_check(z, (enum spf_zone_pace)pace, &q, a, &out);

		ok = allowed(json_object_get(test, "result"), r) &&
		     explained(json_object_get(test, "explanation"), &out) &&
		     spf_zone_questions(z) <= SPF_QUESTIONS_MAX;
		if (!ok)
			printf("  FAILED %s, pace %d: got %s, %s \"%.*s\", explanation \"%.*s\"\n",
				name, pace, spf_query_result_name(r), out.why ? out.why : "-",
				VIEW_ARG(out.where), VIEW_ARG(out.explanation));
	}
	arena_free(a);
	return ok;
}

/* What an evaluation costs when its answers are there: the zone's own linear search is in it. */
static void
time_case(struct spf_zone *z, const json_t *test, struct totals *t)
{
	enum { ROUNDS = 200 };
	struct arena *a = arena_new();
	struct spf_query q;
	struct spf_outcome out;
	struct timespec from, to;

	read_query(test, &q);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < ROUNDS; i++) {
		spf_zone_check(z, SPF_ZONE_AT_ONCE, &q, a, &out);
		arena_reset(a);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	t->evaluations += ROUNDS;
	t->ns += (uint64_t)((to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec);
	arena_free(a);
}

static void
run_scenario(const json_t *scenario, struct totals *t)
{
	struct spf_zone *z = load_zone(json_object_get(scenario, "zonedata"));
	unsigned cases = 0, passed = 0;
	const char *name;
	json_t *test;

	json_object_foreach(json_object_get(scenario, "tests"), name, test)
	{
		cases++;
		passed += run_case(z, name, test, t);
		time_case(z, test, t);
	}
	printf("%s %u of %u: %s\n", passed == cases ? "ok" : "FAILED", passed, cases,
		json_string_value(json_object_get(scenario, "description")));
	t->cases += cases;
	t->passed += passed;
	spf_zone_free(z);
}

static int
run_suite(void)
{
	const char *path = unit_suite_file("spf-rfc7208/rfc7208-tests.json");
	struct totals t = {0};
	json_error_t error;
	json_t *suite;
	size_t i;
	const json_t *scenario;

	if (!path)
		return 0;
	suite = json_load_file(path, JSON_ALLOW_NUL, &error);
	if (!suite) {
		printf("%s:%d: %s\n", path, error.line, error.text);
		return 1;
	}
	json_array_foreach(suite, i, scenario) run_scenario(scenario, &t);
	json_decref(suite);
	printf("%u of %u, %.1f microseconds an evaluation\n", t.passed, t.cases,
		(double)t.ns / 1000 / t.evaluations);
	return t.passed == t.cases && t.cases > 0 ? 0 : 1;
}

/* spftest spf "v=spf1 ..." or "\"v=spf1 ...\"": old records from the wild, many broken. None may
 * break us. */
static void
run_records(const char *file)
{
	const char *path = unit_suite_file(file);
	unsigned seen[SPF_RECORD_BAD + 1] = {0};
	struct view all, rest, line;

	if (!path)
		return;
	all = rest = unit_read_file(path);
	while (view_split(&rest, '\n', &line)) {
		struct spf_record r;
		size_t at = view_search_nocase(line, VIEW("v=spf1"));
		struct view text = view_skip(line, at);

		if (!view_starts_nocase(line, "spftest") || at == line.n)
			continue;
		while (text.n > 0 && (text.p[text.n - 1] == '"' || text.p[text.n - 1] == '\\'))
			text.n--;
		seen[spf_record_parse(text, &r, NULL)]++;
	}
	free((void *)(uintptr_t)all.p);
	printf("ok %s: %u good, %u bad, %u of other versions\n", file, seen[SPF_RECORD_OK],
		seen[SPF_RECORD_BAD], seen[SPF_RECORD_OTHER]);
}

int
main(void)
{
	int failed = run_suite();

	run_records("spf-libspf2-records/test_adopt_roll.txt");
	run_records("spf-libspf2-records/test_parser.txt");
	return failed;
}
