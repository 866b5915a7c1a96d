/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf_eval.h"

/* One record being walked. Depth is bounded by SPF_TERMS: each include and redirect is a term. */
struct frame {
	struct view domain;
	struct spf_record record;
	bool included;    /* below an include: fail needs no explanation (section 6.2) */
	unsigned begun;   /* asking terms of this record met so far */
	unsigned granted; /* its first so many may be asked ahead */
};

static enum spf_result check_host(struct spf_run *r, struct view domain, bool included);

static enum spf_result
stopped(enum spf_step step)
{
	if (step == SPF_STEP_PENDING)
		return SPF_PENDING;
	return step == SPF_STEP_TEMPERROR ? SPF_TEMPERROR : SPF_PERMERROR;
}

/* How many of this record's terms may be asked ahead. It depends on what is counted alone, never on
 * which answers are there already, so every run over the same zone grants the same. */
static void
grant(struct spf_run *r, struct frame *f)
{
	unsigned used = r->terms + r->ahead;
	unsigned left = used < SPF_TERMS ? SPF_TERMS - used : 0;

	f->granted = f->record.asking < left ? f->record.asking : left;
	r->ahead += f->granted;
}

/* Section 4.6.4. */
static enum spf_step
count_term(struct spf_run *r, struct frame *f, struct view text)
{
	if (f->begun++ < f->granted)
		r->ahead--;
	if (++r->terms > SPF_TERMS)
		return spf_run_permerror(r, "too many terms that ask the DNS", text);
	return SPF_STEP_YES;
}

static enum spf_step
count_void(struct spf_run *r, bool is_void, struct view text)
{
	r->voids += is_void;
	if (is_void && r->voids > SPF_VOID)
		return spf_run_permerror(r, "too many void look-ups", text);
	return SPF_STEP_YES;
}

/* Section 5.2. */
static enum spf_step
match_include(struct spf_run *r, const struct spf_term *t, struct view name, bool *is_void)
{
	switch (check_host(r, name, true)) {
	case SPF_PENDING:
		return SPF_STEP_PENDING;
	case SPF_PASS:
		return SPF_STEP_YES;
	case SPF_TEMPERROR:
		return SPF_STEP_TEMPERROR;
	case SPF_PERMERROR:
		return SPF_STEP_PERMERROR;
	case SPF_NONE:
		return spf_run_permerror(r, "included domain has no SPF record", t->text);
	default:
		return SPF_STEP_NO;
	}
}

/* Section 5.3. */
static enum spf_step
match_a(struct spf_run *r, const struct spf_term *t, struct view name, bool *is_void)
{
	return spf_run_address(r, name, t, is_void);
}

/* Section 5.4. The names are judged in their order; behind one that is pending they are only asked
 * for. */
static enum spf_step
match_mx(struct spf_run *r, const struct spf_term *t, struct view name, bool *is_void)
{
	struct view host[SPF_NAMES];
	struct spf_answer mx;
	enum spf_ask got = spf_run_ask(r, name, SPF_RR_MX, &mx);
	enum spf_step step = SPF_STEP_NO;
	size_t n = mx.n;

	*is_void = got == SPF_ASK_NONE;
	if (got == SPF_ASK_PENDING)
		return SPF_STEP_PENDING;
	if (got == SPF_ASK_TEMPFAIL)
		return spf_run_temperror(r, mx.why, t->text);
	if (got == SPF_ASK_NONE)
		return SPF_STEP_NO;
	if (n > SPF_NAMES)
		return spf_run_permerror(r, "too many MX names", t->text);
	memcpy(host, mx.text, n * sizeof(*host));
	for (size_t i = 0; i < n; i++) {
		if (step == SPF_STEP_NO) {
			step = spf_run_address(r, host[i], t, is_void);
			if (step == SPF_STEP_YES || step == SPF_STEP_TEMPERROR)
				return step;
		} else {
			spf_run_ask(r, host[i], spf_run_address_rr(r), &mx);
		}
	}
	return step;
}

/* Section 5.5. */
static enum spf_step
match_ptr(struct spf_run *r, const struct spf_term *t, struct view name, bool *is_void)
{
	return spf_run_ptr_under(r, name, is_void);
}

/* Section 5.7: an A record, whatever the client's family. */
static enum spf_step
match_exists(struct spf_run *r, const struct spf_term *t, struct view name, bool *is_void)
{
	struct spf_answer got;

	switch (spf_run_ask(r, name, SPF_RR_A, &got)) {
	case SPF_ASK_PENDING:
		return SPF_STEP_PENDING;
	case SPF_ASK_TEMPFAIL:
		return spf_run_temperror(r, got.why, t->text);
	case SPF_ASK_FOUND:
		return SPF_STEP_YES;
	case SPF_ASK_NONE:
		*is_void = true;
	}
	return SPF_STEP_NO;
}

static enum spf_step (*const match[])(
	struct spf_run *r, const struct spf_term *t, struct view name, bool *is_void) = {
	[SPF_TERM_INCLUDE] = match_include,
	[SPF_TERM_A] = match_a,
	[SPF_TERM_MX] = match_mx,
	[SPF_TERM_PTR] = match_ptr,
	[SPF_TERM_EXISTS] = match_exists,
};

static enum spf_step
eval_asking(struct spf_run *r, struct frame *f, const struct spf_term *t)
{
	char buf[DOMAIN_MAX];
	struct view name;
	bool is_void = false;
	enum spf_step step = count_term(r, f, t->text), limit;

	if (step != SPF_STEP_YES)
		return step;
	step = spf_run_target(r, f->domain, t->spec, buf, &name);
	if (step != SPF_STEP_YES)
		return step;
	step = match[t->kind](r, t, name, &is_void);
	if (step == SPF_STEP_PENDING)
		return step;
	limit = count_void(r, is_void, t->text);
	return limit == SPF_STEP_YES ? step : limit;
}

static enum spf_step
eval_term(struct spf_run *r, struct frame *f, const struct spf_term *t)
{
	const struct ip *ip = &r->q->ip;

	switch (t->kind) {
	case SPF_TERM_ALL:
		return SPF_STEP_YES;
	case SPF_TERM_IP4:
		return ip_prefix_eq(ip, &t->ip, t->bits4) ? SPF_STEP_YES : SPF_STEP_NO;
	case SPF_TERM_IP6:
		return ip_prefix_eq(ip, &t->ip, t->bits6) ? SPF_STEP_YES : SPF_STEP_NO;
	case SPF_TERM_REDIRECT:
	case SPF_TERM_EXP:
	case SPF_TERM_UNKNOWN:
		return SPF_STEP_NO;
	default:
		return eval_asking(r, f, t);
	}
}

static enum spf_rr
first_type(const struct spf_run *r, enum spf_kind kind)
{
	switch (kind) {
	case SPF_TERM_A:
		return spf_run_address_rr(r);
	case SPF_TERM_MX:
		return SPF_RR_MX;
	case SPF_TERM_EXISTS:
		return SPF_RR_A;
	default:
		return SPF_RR_TXT;
	}
}

/* Asks the first question of a term, and does not care for the answer yet. */
static void
ask_first(struct spf_run *r, const struct frame *f, enum spf_kind kind, struct view spec)
{
	char buf[DOMAIN_MAX];
	struct view name;
	struct spf_answer ignored;

	if (kind == SPF_TERM_PTR)
		spf_run_ask(r, spf_run_arpa(r, buf), SPF_RR_PTR, &ignored);
	else if (spf_run_target(r, f->domain, spec, buf, &name) == SPF_STEP_YES)
		spf_run_ask(r, name, first_type(r, kind), &ignored);
}

/* The run ends here for now: what it granted this record is asked before it does. */
static void
ask_ahead(struct spf_run *r, struct frame *f, struct view rest)
{
	struct spf_term t;

	while (f->begun < f->granted && spf_record_next(&rest, &t)) {
		if (!spf_record_asks(t.kind) || t.kind == SPF_TERM_REDIRECT)
			continue;
		f->begun++;
		ask_first(r, f, t.kind, t.spec);
	}
	if (f->begun < f->granted)
		ask_first(r, f, SPF_TERM_REDIRECT, f->record.redirect);
}

/* Section 4.6.2, and 6.2 for the explanation. */
static enum spf_result
verdict(struct spf_run *r, const struct frame *f, char qualifier)
{
	if (qualifier == '+')
		return SPF_PASS;
	if (qualifier == '?')
		return SPF_NEUTRAL;
	if (qualifier == '~')
		return SPF_SOFTFAIL;
	if (!f->included && r->q->explain && f->record.exp.p &&
		spf_run_explain(r, f->domain, f->record.exp) == SPF_STEP_PENDING)
		return SPF_PENDING;
	return SPF_FAIL;
}

/* Sections 4.7 and 6.1: no mechanism matched. */
static enum spf_result
redirect(struct spf_run *r, struct frame *f)
{
	char buf[DOMAIN_MAX];
	struct view name;
	enum spf_step step;
	enum spf_result got;

	if (!f->record.redirect.p)
		return SPF_NEUTRAL;
	step = count_term(r, f, f->record.redirect);
	if (step == SPF_STEP_YES)
		step = spf_run_target(r, f->domain, f->record.redirect, buf, &name);
	if (step != SPF_STEP_YES)
		return stopped(step);
	got = check_host(r, name, f->included);
	if (got != SPF_NONE)
		return got;
	return stopped(spf_run_permerror(
		r, "redirect to a domain without SPF record", f->record.redirect));
}

static enum spf_result
check_host(struct spf_run *r, struct view domain, bool included)
{
	struct frame f = {.domain = domain, .included = included};
	struct view rest;
	struct spf_term t;
	enum spf_step step = spf_run_record(r, domain, &f.record);

	if (step == SPF_STEP_NO)
		return SPF_NONE;
	if (step != SPF_STEP_YES)
		return stopped(step);
	grant(r, &f);
	rest = f.record.terms;
	while (spf_record_next(&rest, &t)) {
		step = eval_term(r, &f, &t);
		if (step == SPF_STEP_YES)
			return verdict(r, &f, t.qualifier);
		if (step == SPF_STEP_PENDING)
			ask_ahead(r, &f, rest);
		if (step != SPF_STEP_NO)
			return stopped(step);
	}
	return redirect(r, &f);
}

enum spf_result
spf_eval_domain(struct spf_run *r, struct view domain)
{
	return check_host(r, domain, false);
}
