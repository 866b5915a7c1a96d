/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dmarc_vectors -- DMARC evaluations and OpenDMARC's tables through mail/dmarc/dmarc_query: one line a
 * group, then the total. Where RFC 9989 changed a rule, the table says which and what we expect
 * instead. Skipped where the suites are absent.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mail/dmarc/dmarc_query.h"
#include "mail/domain.h"
#include "mail/from_field.h"
#include "tests/lib/unit.h"

enum { TXT = 16, IDENTIFIERS = 16 };

struct totals {
	unsigned cases, good, changed;
};

static struct totals all;

static void
judge(struct totals *t, bool ok, const char *name, const char *note)
{
	t->cases++;
	all.cases++;
	t->good += ok;
	all.good += ok;
	if (!ok)
		printf("  %s: %s\n", name, note);
}

static void
show(const char *group, const struct totals *t)
{
	printf("%s dmarc_vectors: %s: %u of %u", t->good == t->cases ? "ok" : "FAILED", group,
		t->good, t->cases);
	printf(t->changed ? " (%u by a changed rule)\n" : "\n", t->changed);
}

/* ---- the zone of a case ---- */

struct zone {
	const json_t *records, *errors;
	struct view txt[TXT];
	unsigned queries;
};

static struct dmarc_answer
ask(void *ctx, struct view name, bool txt)
{
	struct zone *z = ctx;
	char key[400];
	const json_t *types, *list, *error;
	struct dmarc_answer a = {.status = DMARC_ANSWER_NONE, .txt = z->txt};

	snprintf(key, sizeof(key), "%.*s/%s", VIEW_ARG(name), txt ? "TXT" : "A");
	error = json_object_get(z->errors, key);
	key[name.n] = '\0';
	types = json_object_get(z->records, key);
	list = json_object_get(types, txt ? "TXT" : "A");
	a.nxdomain = !types;
	if (error && strcmp(json_string_value(error), "ENOTFOUND") != 0 &&
		strcmp(json_string_value(error), "ENODATA") != 0) {
		a.status = DMARC_ANSWER_TEMPFAIL;
		a.why = "DNS error";
		return a;
	}
	for (; a.n < json_array_size(list) && a.n < TXT; a.n++)
		z->txt[a.n] = view_str(json_string_value(json_array_get(list, a.n)));
	if (a.n > 0)
		a.status = DMARC_ANSWER_FOUND;
	return a;
}

static struct view
text(const json_t *object, const char *key)
{
	return view_str(json_string_value(json_object_get(object, key)));
}

/* ---- mailauth's cases ---- */

/* The organizational domain of these is the author domain, by its own record: no record stands
 * above it, and RFC 9989 section 4.10.2 knows no public suffix list. The suite has it by that list.
 */
static const char *const own_organization[] = {"dmarc-014", "dmarc-021", "dmarc-032"};

static size_t
identifiers(const json_t *c, struct dmarc_identifier *out)
{
	static const char *const keys[] = {"dkim_pass_domains", "spf_pass_domains"};
	size_t n = 0;

	for (int spf = 0; spf < 2; spf++) {
		const json_t *list = json_object_get(c, keys[spf]);

		for (size_t i = 0; i < json_array_size(list) && n < IDENTIFIERS; i++)
			out[n++] = (struct dmarc_identifier){
				view_str(json_string_value(json_array_get(list, i))), spf, false};
	}
	return n;
}

/* The author domain, or absent if there is not exactly one author. */
static struct view
author(const json_t *from, struct arena *a)
{
	struct view v = {"", 0};
	struct header_field h;
	struct address one;

	if (json_is_string(from))
		v = view_str(json_string_value(from));
	for (size_t i = 0; i < json_array_size(from); i++)
		v = arena_printf(a, "%.*s%s%s", VIEW_ARG(v), i ? ", " : "",
			json_string_value(json_array_get(from, i)));
	if (view_find(v, '@') == v.n)
		return domain_normal(v, a);
	h = (struct header_field){VIEW("From"), v};
	return from_field_read(&h, 1, a, &one) == FROM_FIELD_ONE ? one.domain : view_of(NULL, 0);
}

static bool
organization_ok(const json_t *c, const struct dmarc_outcome *o, struct view from, struct totals *t)
{
	struct view want = text(json_object_get(c, "expect"), "record_domain");

	for (size_t i = 0; i < sizeof(own_organization) / sizeof(*own_organization); i++)
		if (view_eq_str(text(c, "id"), own_organization[i])) {
			t->changed++;
			want = from;
		}
	return !o->org.p || view_eq_nocase(o->org, want);
}

static void
verify_case(const json_t *c, struct arena *a, struct totals *t)
{
	struct zone z = {
		.records = json_object_get(c, "zone"), .errors = json_object_get(c, "dns_errors")};
	struct dmarc_identifier id[IDENTIFIERS];
	struct dmarc_query q = {.author = author(json_object_get(c, "from_header"), a),
		.id = id,
		.n_id = identifiers(c, id),
		.ask = ask,
		.ctx = &z};
	const json_t *want = json_object_get(c, "expect");
	struct view policy = text(want, "policy");
	struct dmarc_outcome o;
	const char *name = json_string_value(json_object_get(c, "id"));
	bool has_policy;

	if (view_starts_nocase(text(want, "result"), "no-verdict")) {
		judge(t, !q.author.p, name, "more than one author was taken");
		return;
	}
	o = dmarc_query_run(&q);
	has_policy = o.verdict == DMARC_PASS || o.verdict == DMARC_FAIL;
	if (!view_eq_str(text(want, "result"), dmarc_query_verdict_name(o.verdict)))
		judge(t, false, name, dmarc_query_verdict_name(o.verdict));
	else if (has_policy != (policy.p != NULL) ||
		 (has_policy && !view_eq_str(policy, dmarc_record_policy_name(o.policy))))
		judge(t, false, name, "another policy");
	else if (has_policy && text(want, "aligned_dkim").p != NULL && o.dkim_aligned != DMARC_YES)
		judge(t, false, name, "DKIM does not align");
	else
		judge(t, organization_ok(c, &o, q.author, t), name,
			"another organizational domain");
}

static bool
record_ok(const json_t *want, const struct dmarc_outcome *o, struct view domain)
{
	struct dmarc_record r;
	bool above = json_is_true(json_object_get(want, "isOrgRecord"));

	if (!dmarc_record_read(text(want, "rr"), &r) || o->verdict != DMARC_FAIL)
		return false;
	if (!view_eq_str(text(want, "p"), dmarc_record_policy_name(r.p)))
		return false;
	if (text(want, "sp").p && !view_eq_str(text(want, "sp"), dmarc_record_policy_name(r.sp)))
		return false;
	if (text(want, "adkim").p && r.strict_dkim != view_eq_str(text(want, "adkim"), "s"))
		return false;
	return above != view_eq_nocase(o->record_domain, domain);
}

static void
record_case(const json_t *c, struct totals *t)
{
	struct zone z = {
		.records = json_object_get(c, "zone"), .errors = json_object_get(c, "dns_errors")};
	struct dmarc_query q = {.author = text(c, "domain"), .ask = ask, .ctx = &z};
	struct dmarc_outcome o = dmarc_query_run(&q);
	const json_t *want = json_object_get(c, "expect");
	const char *name = json_string_value(json_object_get(c, "id"));

	if (json_is_false(want))
		judge(t, o.verdict == DMARC_NO_RECORD, name, "a record was found");
	else if (json_object_get(want, "error"))
		judge(t, o.verdict == DMARC_UNKNOWN, name, "a DNS error was not noticed");
	else
		judge(t, record_ok(want, &o, q.author), name, "another record");
}

static void
mailauth(void)
{
	const char *path = unit_suite_file("dmarc-vectors/cases-dev.json");
	json_t *cases = path ? json_load_file(path, 0, NULL) : NULL;
	struct totals verify = {0}, record = {0};
	struct arena *a = arena_new();

	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);

		if (view_eq_str(text(c, "call"), "verify"))
			verify_case(c, a, &verify);
		else
			record_case(c, &record);
	}
	if (cases) {
		show("evaluations", &verify);
		show("records", &record);
	}
	json_decref(cases);
	arena_free(a);
}

/* ---- OpenDMARC's tables ---- */

/* Calls row for each line of a table. */
static void
table(const char *file, const char *group,
	void (*row)(struct view *column, size_t n, struct arena *a, struct totals *t))
{
	const char *path = unit_suite_file(file);
	struct view bytes = path ? unit_read_file(path) : (struct view){NULL, 0}, rest = bytes,
		    line;
	struct arena *a = arena_new();
	struct totals t = {0};

	while (view_split(&rest, '\n', &line)) {
		struct view column[4], columns = line;
		size_t n = 0;

		while (n < 4 && view_split(&columns, '\t', &column[n]))
			n++;
		if (n >= 2 && line.p[0] != '#')
			row(column, n, a, &t);
	}
	if (path)
		show(group, &t);
	free((void *)(uintptr_t)bytes.p);
	arena_free(a);
}

/* OpenDMARC refuses a record for a faulty tag; RFC 9989 section 4.7 has such tags left out, drops
 * rf, ri and pct, and no longer asks for p. "p=n" as an abbreviation of none is in no RFC. */
static const struct {
	const char *record;
	bool usable;
} changed_records[] = {
	{"v=DMARC1; p=n;", false},
	{"v=DMARC1; p=none; adkim=bob;", true},
	{"v=DMARC1; p=none; aspf=bob;", true},
	{"v=DMARC1; p=none; rf=bob;", true},
	{"v=DMARC1; p=none; ri=bob;", true},
	{"v=DMARC1; p=none; pct=500;", true},
	{"v=DMARC1; pct=100;", true},
	{"v=DMARC1; p=none; rf=000000000000000000000000000000000", true},
};

static void
parse_row(struct view *column, size_t n, struct arena *a, struct totals *t)
{
	struct dmarc_record r;
	bool usable = dmarc_record_read(column[0], &r) && r.usable;
	bool want = view_eq_str(view_trim(column[1]), "DMARC_PARSE_OKAY");

	for (size_t i = 0; i < sizeof(changed_records) / sizeof(*changed_records); i++)
		if (view_eq_str(view_trim(column[0]), changed_records[i].record)) {
			t->changed++;
			want = changed_records[i].usable;
		}
	judge(t, usable == want, arena_cstr(a, column[0]), "parsed otherwise");
}

struct pair_zone {
	struct view names[2], record;
};

static struct dmarc_answer
pair_ask(void *ctx, struct view name, bool txt)
{
	struct pair_zone *z = ctx;
	struct dmarc_answer a = {.status = DMARC_ANSWER_NONE, .txt = &z->record, .n = 1};

	for (int i = 0; i < 2; i++)
		if (view_ends_nocase(name, z->names[i]) &&
			name.n == z->names[i].n + sizeof("_dmarc.") - 1)
			a.status = DMARC_ANSWER_FOUND;
	return a;
}

/* Names with empty labels are no domain names: they align with nothing, where OpenDMARC strips
 * dots. The records stand where the public suffix list would look for them. */
static void
alignment_row(struct view *column, size_t n, struct arena *a, struct totals *t)
{
	struct view from = domain_normal(column[0], a), other = domain_normal(column[1], a);
	struct dmarc_identifier id = {.domain = other};
	struct pair_zone z = {.record = VIEW("v=DMARC1; p=none")};
	struct dmarc_query q = {.author = from, .id = &id, .n_id = 1, .ask = pair_ask, .ctx = &z};
	bool got = false, want = n > 3 && view_eq_str(view_trim(column[3]), "0");

	if (from.p && other.p) {
		if (n > 2 && view_eq_str(column[2], "STRICT"))
			z.record = VIEW("v=DMARC1; p=none; adkim=s");
		z.names[0] = from;
		z.names[1] = domain_registrable(from).p ? domain_registrable(from) : from;
		got = dmarc_query_run(&q).verdict == DMARC_PASS;
	} else if (want) {
		t->changed++;
		want = false;
	}
	judge(t, got == want, arena_cstr(a, column[0]), got ? "aligns" : "does not align");
}

static void
suffix_row(struct view *column, size_t n, struct arena *a, struct totals *t)
{
	if (view_find(column[0], '\\') < column[0].n)
		return; /* escapes of a C string: no name */
	judge(t, view_eq(domain_registrable(column[0]), view_trim(column[1])),
		arena_cstr(a, column[0]), "another organizational domain");
}

int
main(void)
{
	mailauth();
	table("dmarc-vectors/opendmarc-parse.tsv", "OpenDMARC, records", parse_row);
	table("dmarc-vectors/opendmarc-alignment.tsv", "OpenDMARC, alignment", alignment_row);
	table("dmarc-vectors/opendmarc-tld.tsv", "OpenDMARC, public suffixes", suffix_row);
	printf("%s dmarc_vectors: %u of %u\n", all.good == all.cases ? "ok" : "FAILED", all.good,
		all.cases);
	return all.good == all.cases ? 0 : 1;
}
