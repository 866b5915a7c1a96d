/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_row_read.h"

#include <jansson.h>

enum { WORD = 20 }; /* bytes of the longest word */

/* The sticky error of STYLE 9: after it nothing that was read counts. */
struct in {
	const json_t *object;
	struct arena *a;
	bool bad;
};

/* A text, or null for an absent one. */
static struct view
get_text(struct in *in, const char *key, size_t max)
{
	const json_t *v = json_object_get(in->object, key);

	if (json_is_null(v))
		return view_of(NULL, 0);
	if (!json_is_string(v) || json_string_length(v) > max) {
		in->bad = true;
		return view_of(NULL, 0);
	}
	return arena_copy(in->a, view_of(json_string_value(v), json_string_length(v)));
}

/* A member that rows of older releases lack. */
static struct view
new_text(struct in *in, const char *key, size_t max)
{
	return json_object_get(in->object, key) ? get_text(in, key, max) : view_of(NULL, 0);
}

static struct view
need_text(struct in *in, const char *key, size_t max)
{
	struct view v = get_text(in, key, max);

	in->bad |= !v.p || v.n == 0;
	return v;
}

/* A name of the DNS in normal form: it goes into a header field and a file name. */
static struct view
need_domain(struct in *in, const char *key)
{
	struct view v = need_text(in, key, DOMAIN_MAX);

	for (size_t i = 0; i < v.n; i++)
		in->bad |= !view_is_alpha(v.p[i]) && !view_is_digit(v.p[i]) && !strchr("-_.", v.p[i]);
	in->bad |= v.n && (v.p[0] == '.' || v.p[v.n - 1] == '.' || view_search_nocase(v, VIEW("..")) < v.n);
	return v;
}

static bool
get_flag(struct in *in, const char *key)
{
	const json_t *v = json_object_get(in->object, key);

	in->bad |= !json_is_boolean(v);
	return json_is_true(v);
}

static enum dmarc_policy
get_policy(struct in *in, const char *key)
{
	struct view v = need_text(in, key, WORD);

	for (enum dmarc_policy p = DMARC_NONE; p <= DMARC_REJECT; p++)
		if (view_eq_str(v, dmarc_record_policy_name(p)))
			return p;
	in->bad = true;
	return DMARC_NONE;
}

static enum dmarc_disposition
get_disposition(struct in *in, const char *key)
{
	struct view v = need_text(in, key, WORD);

	for (enum dmarc_disposition d = DMARC_DONE_NONE; d <= DMARC_DONE_REJECT; d++)
		if (view_eq_str(v, dmarc_row_disposition_name(d)))
			return d;
	in->bad = true;
	return DMARC_DONE_NONE;
}

static enum dmarc_override
get_override(struct in *in, const char *key)
{
	struct view v = get_text(in, key, WORD);

	for (enum dmarc_override o = DMARC_AS_ASKED; o <= DMARC_OTHER; o++)
		if (v.p && view_eq_str(v, dmarc_row_override_name(o)))
			return o;
	in->bad = true;
	return DMARC_AS_ASKED;
}

/* RFC 8601 sections 2.7.1 and 2.7.2, as the schema lists them. */
static struct view
get_result(struct in *in, const char *key, bool spf)
{
	static const char *const results[] = {"none", "pass", "fail", "policy", "neutral", "temperror",
		"permerror", "softfail"};
	struct view v = get_text(in, key, WORD);

	for (size_t i = 0; i < sizeof(results) / sizeof(*results) - !spf; i++)
		if (view_eq_str(v, results[i]))
			return v;
	in->bad |= v.p != NULL;
	return view_of(NULL, 0);
}

/* One that has a name in no UTF-8 is left out: the line is good for the rest. */
static void
read_dkim(struct in *in, struct dmarc_row *out)
{
	const json_t *list = json_object_get(in->object, "dkim");

	in->bad |= !json_is_array(list);
	for (size_t i = 0; i < json_array_size(list) && out->n_dkim < DKIM_SIGNATURES; i++) {
		struct in one = {json_array_get(list, i), in->a, false};
		struct dmarc_row_dkim d = {need_text(&one, "d", DOMAIN_MAX),
			need_text(&one, "s", DOMAIN_MAX), get_result(&one, "result", false)};

		if (!one.bad && d.result.p)
			out->dkim[out->n_dkim++] = d;
	}
}

static void
read_record(struct in *in, struct dmarc_record *out)
{
	out->usable = true;
	out->p = get_policy(in, "p");
	out->sp = get_policy(in, "sp");
	out->np = get_policy(in, "np");
	out->strict_dkim = get_flag(in, "adkim-strict");
	out->strict_spf = get_flag(in, "aspf-strict");
	out->testing = get_flag(in, "testing");
	dmarc_record_fo(new_text(in, "fo", WORD), out->fo);
	out->rua = get_text(in, "rua", DMARC_RUA_MAX);
}

static void
read_row(struct in *in, struct dmarc_row *out)
{
	out->time = json_integer_value(json_object_get(in->object, "time"));
	out->domain = need_domain(in, "domain");
	read_record(in, &out->record);
	in->bad |= !ip_parse(need_text(in, "ip", IP_TEXT_MAX), &out->ip);
	out->header_from = need_text(in, "header-from", DOMAIN_MAX);
	out->envelope_from = get_text(in, "envelope-from", DOMAIN_MAX);
	out->envelope_to = new_text(in, "envelope-to", DOMAIN_MAX);
	out->dkim_aligned = get_flag(in, "dkim-aligned");
	out->spf_aligned = get_flag(in, "spf-aligned");
	out->disposition = get_disposition(in, "disposition");
	out->override = get_override(in, "override");
	out->spf_domain = get_text(in, "spf-domain", DOMAIN_MAX);
	out->spf_result = get_result(in, "spf", true);
	read_dkim(in, out);
}

bool
dmarc_row_read(struct view line, struct arena *a, struct dmarc_row *out)
{
	struct dmarc_row row = {0};
	json_t *object = line.n > DMARC_ROW_BYTES || line.n == 0 ? NULL
		: json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	struct in in = {object, a, !json_is_object(object)};

	if (!in.bad)
		read_row(&in, &row);
	json_decref(object);
	if (!in.bad)
		*out = row;
	return !in.bad;
}
