/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_run.h"

#include <stdio.h>

#include "mail/domain.h"

/* PTR names with the client's address among theirs, as far as they were looked up. */
struct ptr_names {
	struct view name[SPF_NAMES];
	size_t n;
};

static enum spf_step
stop(struct spf_run *r, enum spf_step step, const char *why, struct view where)
{
	if (!r->why) {
		r->why = why;
		r->where = arena_copy(r->a, where); /* names of inner records are on the stack */
	}
	return step;
}

enum spf_step
spf_run_permerror(struct spf_run *r, const char *why, struct view where)
{
	return stop(r, SPF_STEP_PERMERROR, why, where);
}

enum spf_step
spf_run_temperror(struct spf_run *r, const char *why, struct view where)
{
	return stop(r, SPF_STEP_TEMPERROR, why ? why : "DNS error", where);
}

/* RFC 1035 2.3.4. */
static bool
possible(struct view name)
{
	struct view rest = name, label;

	while (view_split(&rest, '.', &label))
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
	return name.n > 0 && name.n <= DOMAIN_MAX;
}

enum spf_ask
spf_run_ask(struct spf_run *r, struct view name, enum spf_rr type, struct spf_answer *out)
{
	enum spf_ask got;

	*out = (struct spf_answer){.n = 0};
	if (!possible(name))
		return SPF_ASK_NONE;
	got = r->q->ask(r->q->ctx, name, type, out);
	return got == SPF_ASK_FOUND && out->n == 0 ? SPF_ASK_NONE : got;
}

enum spf_rr
spf_run_address_rr(const struct spf_run *r)
{
	return r->q->ip.family == 4 ? SPF_RR_A : SPF_RR_AAAA;
}

enum spf_step
spf_run_address(struct spf_run *r, struct view name, const struct spf_term *t, bool *void_out)
{
	unsigned bits = r->q->ip.family == 4 ? t->bits4 : t->bits6;
	struct spf_answer got;

	switch (spf_run_ask(r, name, spf_run_address_rr(r), &got)) {
	case SPF_ASK_PENDING:
		return SPF_STEP_PENDING;
	case SPF_ASK_TEMPFAIL:
		return spf_run_temperror(r, got.why, t->text);
	case SPF_ASK_NONE:
		*void_out = true;
		return SPF_STEP_NO;
	case SPF_ASK_FOUND:
		break;
	}
	for (size_t i = 0; i < got.n; i++)
		if (ip_prefix_eq(&got.ip[i], &r->q->ip, bits))
			return SPF_STEP_YES;
	return SPF_STEP_NO;
}

/* Section 4.3: a domain that is malformed or has one label only is not asked for. Neither is an
 * address literal, nor a bare address that was written as one: no top-level domain looks like their
 * ends. */
static bool
has_policy(struct view domain)
{
	size_t dot = view_rfind(domain, '.');

	return possible(domain) && dot < domain.n &&
	       spf_macro_toplabel_ok(view_skip(domain, dot + 1));
}

/* Section 4.5: of all TXT records, those of version "v=spf1" count, and one is the right number. */
static enum spf_step
select_record(
	struct spf_run *r, struct view domain, const struct spf_answer *txt, struct spf_record *out)
{
	struct spf_record_flaw flaw, first = {.why = NULL};
	size_t found = 0;

	for (size_t i = 0; i < txt->n; i++) {
		enum spf_record_status got = spf_record_parse(txt->text[i], out, &flaw);

		if (got == SPF_RECORD_BAD && found == 0)
			first = flaw;
		found += got != SPF_RECORD_OTHER;
	}
	if (found > 1)
		return spf_run_permerror(r, "several SPF records", domain);
	if (first.why)
		return spf_run_permerror(r, first.why, first.term);
	return found ? SPF_STEP_YES : SPF_STEP_NO;
}

enum spf_step
spf_run_record(struct spf_run *r, struct view domain, struct spf_record *out)
{
	struct spf_answer txt;

	if (!has_policy(domain))
		return SPF_STEP_NO;
	switch (spf_run_ask(r, domain, SPF_RR_TXT, &txt)) {
	case SPF_ASK_PENDING:
		return SPF_STEP_PENDING;
	case SPF_ASK_TEMPFAIL:
		return spf_run_temperror(r, txt.why, domain);
	case SPF_ASK_NONE:
		return SPF_STEP_NO;
	case SPF_ASK_FOUND:
		break;
	}
	return select_record(r, domain, &txt, out);
}

struct view
spf_run_arpa(const struct spf_run *r, char out[static DOMAIN_MAX])
{
	char reverse[IP_REVERSE_MAX];
	int n;

	ip_reverse(&r->q->ip, reverse);
	n = snprintf(
		out, DOMAIN_MAX, "%s.%s.arpa", reverse, r->q->ip.family == 4 ? "in-addr" : "ip6");
	return view_of(out, (size_t)n);
}

/* Section 5.5: errors mean that there are none; beyond ten, names are ignored. */
static enum spf_step
client_names(struct spf_run *r, struct ptr_names *out, bool *void_out)
{
	char arpa[DOMAIN_MAX];
	struct spf_answer ptr;
	enum spf_ask got = spf_run_ask(r, spf_run_arpa(r, arpa), SPF_RR_PTR, &ptr);

	out->n = 0;
	if (got == SPF_ASK_PENDING)
		return SPF_STEP_PENDING;
	if (got == SPF_ASK_NONE && void_out)
		*void_out = true;
	if (got != SPF_ASK_FOUND)
		return SPF_STEP_NO;
	for (size_t i = 0; i < ptr.n && out->n < SPF_NAMES; i++)
		out->name[out->n++] = ptr.text[i];
	return SPF_STEP_YES;
}

/* Has this PTR name the client's address? Errors mean no. */
static enum spf_step
validate(struct spf_run *r, struct view name)
{
	struct spf_answer got;
	enum spf_ask ask = spf_run_ask(r, name, spf_run_address_rr(r), &got);

	if (ask == SPF_ASK_PENDING)
		return SPF_STEP_PENDING;
	for (size_t i = 0; ask == SPF_ASK_FOUND && i < got.n; i++)
		if (ip_eq(&got.ip[i], &r->q->ip))
			return SPF_STEP_YES;
	return SPF_STEP_NO;
}

enum spf_step
spf_run_ptr_under(struct spf_run *r, struct view name, bool *void_out)
{
	struct ptr_names ptr;
	enum spf_step all = client_names(r, &ptr, void_out);

	if (all != SPF_STEP_YES)
		return all;
	all = SPF_STEP_NO;
	for (size_t i = 0; i < ptr.n; i++) {
		enum spf_step one =
			domain_under(ptr.name[i], name) ? validate(r, ptr.name[i]) : SPF_STEP_NO;

		if (one == SPF_STEP_YES)
			return one;
		if (one == SPF_STEP_PENDING)
			all = one;
	}
	return all;
}

static int
rank(struct view name, struct view domain)
{
	if (view_eq_nocase(name, domain))
		return 2;
	return domain_under(name, domain) ? 1 : 0;
}

/* Section 7.3, %{p}: the domain itself if it is validated, else a name below it, else any. */
static enum spf_step
find_validated(struct spf_run *r, struct view domain)
{
	struct ptr_names ptr;
	enum spf_step step = client_names(r, &ptr, NULL);
	int best = -1;

	if (step == SPF_STEP_PENDING)
		return step;
	r->macro.validated = view_of(NULL, 0);
	for (size_t i = 0; i < ptr.n; i++) {
		enum spf_step one = validate(r, ptr.name[i]);

		if (one == SPF_STEP_PENDING)
			step = one;
		if (one != SPF_STEP_YES || rank(ptr.name[i], domain) <= best)
			continue;
		best = rank(ptr.name[i], domain);
		r->macro.validated = ptr.name[i];
	}
	return step == SPF_STEP_PENDING ? step : SPF_STEP_YES;
}

enum spf_step
spf_run_target(struct spf_run *r, struct view domain, struct view spec, char out[static DOMAIN_MAX],
	struct view *name_out)
{
	if (!spec.p) {
		*name_out = domain;
		return SPF_STEP_YES;
	}
	if (spf_macro_wants_validated(spec) && find_validated(r, domain) == SPF_STEP_PENDING)
		return SPF_STEP_PENDING;
	r->macro.domain = domain;
	*name_out = spf_macro_domain(spec, &r->macro, out);
	return SPF_STEP_YES;
}

enum spf_step
spf_run_explain(struct spf_run *r, struct view domain, struct view spec)
{
	char buf[DOMAIN_MAX];
	struct view name, text;
	struct spf_answer txt;
	enum spf_ask got;

	if (spf_run_target(r, domain, spec, buf, &name) == SPF_STEP_PENDING)
		return SPF_STEP_PENDING;
	got = spf_run_ask(r, name, SPF_RR_TXT, &txt);
	if (got == SPF_ASK_PENDING)
		return SPF_STEP_PENDING;
	if (got != SPF_ASK_FOUND || txt.n != 1)
		return SPF_STEP_NO;
	text = txt.text[0];
	if (spf_macro_wants_validated(text) && find_validated(r, domain) == SPF_STEP_PENDING)
		return SPF_STEP_PENDING;
	r->macro.domain = domain;
	r->explanation = spf_macro_explain(text, &r->macro, r->a);
	return r->explanation.p ? SPF_STEP_YES : SPF_STEP_NO;
}
