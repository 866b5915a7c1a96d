/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spf_rfc7208 -- the openspf suite for RFC 7208 over mail/spf/spf_query: one line a scenario, and a
 * total for each engine.
 *
 * Each case is checked with both engines at every pace of tests/lib/spf_zone: all answers at once, and
 * coming in later; in all that they say and ask they are the same. Then the records of spf-libspf2-records,
 * each as the record of a made-up DNS of the others: both engines agree (tests/lib/spf_twins). Skipped
 * where the suites are absent.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mail/spf/spf_record.h"
#include "tests/lib/spf_twins.h"
#include "tests/lib/spf_zone.h"
#include "tests/lib/unit.h"
#include "util/buf.h"

enum { ENGINES = SPF_NATIVE + 1, FILE_RECORDS = 200, REST = 31, ROUNDS = 100 };

static const char *const engines[ENGINES] = {[SPF_LIBSPF2] = "libspf2", [SPF_NATIVE] = "native"};

struct totals {
	unsigned cases, passed[ENGINES], alike;
	unsigned evaluations;
	uint64_t ns[ENGINES];
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
run_case(struct spf_zone *z, const char *name, const json_t *test, enum spf_engine engine)
{
	struct arena *a = arena_new();
	struct spf_query q;
	bool ok = true;

	read_query(test, &q);
	q.engine = engine;
	for (int pace = SPF_ZONE_AT_ONCE; ok && pace < SPF_ZONE_PACES; pace++) {
		struct spf_outcome out;
		enum spf_result r = spf_zone_check(z, (enum spf_zone_pace)pace, &q, a, &out);

		ok = allowed(json_object_get(test, "result"), r) &&
		     explained(json_object_get(test, "explanation"), &out) &&
		     spf_zone_questions(z) <= SPF_QUESTIONS_MAX;
		if (!ok)
			printf("  FAILED %s, %s, pace %d: got %s, %s \"%.*s\", explanation \"%.*s\"\n",
				name, engines[engine], pace, spf_query_result_name(r), out.why ? out.why : "-",
				VIEW_ARG(out.where), VIEW_ARG(out.explanation));
	}
	arena_free(a);
	return ok;
}

/* Where a case allows several results, too, and in what is no part of the suite. */
static bool
engines_agree(struct spf_zone *z, const char *name, const json_t *test)
{
	struct arena *a = arena_new();
	struct spf_query q;
	bool ok = true;

	read_query(test, &q);
	for (int pace = SPF_ZONE_AT_ONCE; ok && pace < SPF_ZONE_PACES; pace++) {
		struct spf_outcome out[ENGINES];
		enum spf_result r[ENGINES];
		size_t questions[ENGINES];

		for (int e = 0; e < ENGINES; e++) {
			q.engine = (enum spf_engine)e;
			r[e] = spf_zone_check(z, (enum spf_zone_pace)pace, &q, a, &out[e]);
			questions[e] = spf_zone_questions(z);
		}
		ok = r[0] == r[1] && questions[0] == questions[1] && out[0].why == out[1].why &&
			view_eq(out[0].where, out[1].where) && out[0].terms == out[1].terms &&
			out[0].voids == out[1].voids && view_eq(out[0].explanation, out[1].explanation) &&
			view_eq(out[0].mechanism, out[1].mechanism);
		if (!ok)
			printf("  FAILED %s, pace %d: libspf2 says %s and asks %zu, the native engine %s and %zu\n", name,
				pace, spf_query_result_name(r[0]), questions[0], spf_query_result_name(r[1]),
				questions[1]);
	}
	arena_free(a);
	return ok;
}

/* What an evaluation costs when its answers are there: the zone's own linear search is in it. */
static uint64_t
time_case(struct spf_zone *z, const json_t *test, enum spf_engine engine)
{
	struct arena *a = arena_new();
	struct spf_query q;
	struct spf_outcome out;
	struct timespec from, to;

	read_query(test, &q);
	q.engine = engine;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < ROUNDS; i++) {
		spf_zone_check(z, SPF_ZONE_AT_ONCE, &q, a, &out);
		arena_reset(a);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	arena_free(a);
	return (uint64_t)((to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec);
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
		for (int e = 0; e < ENGINES; e++) {
			bool ok = run_case(z, name, test, (enum spf_engine)e);

			passed += ok;
			t->passed[e] += ok;
			t->ns[e] += time_case(z, test, (enum spf_engine)e);
		}
		t->evaluations += ROUNDS;
		t->alike += engines_agree(z, name, test);
	}
	printf("%s %u of %u: %s\n", passed == ENGINES * cases ? "ok" : "FAILED", passed, ENGINES * cases,
		json_string_value(json_object_get(scenario, "description")));
	t->cases += cases;
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
	for (int e = 0; e < ENGINES; e++) {
		printf("%s: %u of %u, %.1f microseconds an evaluation\n", engines[e], t.passed[e], t.cases,
			(double)t.ns[e] / 1000 / t.evaluations);
		if (t.passed[e] < t.cases || t.cases == 0)
			return 1;
	}
	printf("%s both engines agree on %u of %u cases, to the number of questions\n",
		t.alike == t.cases ? "ok" : "FAILED", t.alike, t.cases);
	return t.alike == t.cases ? 0 : 1;
}

/* spftest spf "v=spf1 ..." or "\"v=spf1 ...\"": old records from the wild, many broken. */
static size_t
read_records(const char *path, struct view *all, struct view record[static FILE_RECORDS])
{
	struct view rest = *all = unit_read_file(path), line;
	size_t n = 0;

	while (view_split(&rest, '\n', &line)) {
		size_t at = view_search_nocase(line, VIEW("v=spf1"));
		struct view text = view_skip(line, at);

		if (!view_starts_nocase(line, "spftest") || at == line.n)
			continue;
		while (text.n > 0 && (text.p[text.n - 1] == '"' || text.p[text.n - 1] == '\\'))
			text.n--;
		if (n == FILE_RECORDS)
			abort();
		record[n++] = text;
	}
	return n;
}

/* The record, and those behind it as the rest of the DNS. */
static bool
agree(const struct view *record, size_t n, size_t at, unsigned *results)
{
	static const char *const clients[] = {"192.0.2.1", "192.0.2.5", "127.0.0.1", "c000:2::"};
	struct buf dns;
	bool ok = true;

	buf_init(&dns, 1 << 20);
	for (size_t i = 0; i <= REST && i < n; i++) {
		buf_add(&dns, record[(at + i) % n]);
		buf_byte(&dns, '\n');
	}
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		struct ip ip;
		enum spf_result result;
		const char *what;

		if (!ip_parse(view_str(clients[i]), &ip))
			abort();
		what = spf_twins_differ(buf_view(&dns), &ip, &result);
		results[result]++;
		if (what)
			printf("  FAILED %s differs: %.*s\n", what, VIEW_ARG(record[at]));
		ok = ok && !what;
	}
	buf_done(&dns);
	return ok;
}

static int
run_records(const char *file)
{
	const char *path = unit_suite_file(file);
	struct view record[FILE_RECORDS], all;
	unsigned seen[SPF_RECORD_BAD + 1] = {0}, results[SPF_PERMERROR + 1] = {0}, agreed = 0;
	size_t n;

	if (!path)
		return 0;
	n = read_records(path, &all, record);
	for (size_t i = 0; i < n; i++) {
		struct spf_record r;

		seen[spf_record_parse(record[i], &r, NULL)]++;
		agreed += agree(record, n, i, results);
	}
	free((void *)(uintptr_t)all.p);
	printf("%s %s: %u good, %u bad, %u of other versions; both engines agree on %u;",
		agreed == n ? "ok" : "FAILED", file, seen[SPF_RECORD_OK], seen[SPF_RECORD_BAD],
		seen[SPF_RECORD_OTHER], agreed);
	for (int r = SPF_NONE; r <= SPF_PERMERROR; r++)
		printf(" %s %u", spf_query_result_name((enum spf_result)r), results[r]);
	printf("\n");
	return agreed == n ? 0 : 1;
}

int
main(void)
{
	int failed = run_suite();

	failed |= run_records("spf-libspf2-records/test_adopt_roll.txt");
	failed |= run_records("spf-libspf2-records/test_parser.txt");
	return failed;
}
