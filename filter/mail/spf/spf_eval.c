/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_eval.h"

#include "mail/spf/spf_frame.h"

static enum spf_result check_host(struct spf_run *r, struct view domain, bool included);

static enum spf_result
stopped(enum spf_step step)
{
	if (step == SPF_STEP_PENDING)
		return SPF_PENDING;
	return step == SPF_STEP_TEMPERROR ? SPF_TEMPERROR : SPF_PERMERROR;
}

/* Section 5.2. */
static enum spf_step
match_include(struct spf_run *r, const struct spf_term *t, struct view name)
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
		return spf_frame_no_record(r, t->kind, t->text);
	default:
		return SPF_STEP_NO;
	}
}

static enum spf_step
eval_asking(struct spf_run *r, struct spf_frame *f, const struct spf_term *t)
{
	char buf[DOMAIN_MAX];
	struct view name;
	bool is_void = false;
	enum spf_step step = spf_frame_count(r, f, t->text), limit;

	if (step != SPF_STEP_YES)
		return step;
	step = spf_run_target(r, f->domain, t->spec, buf, &name);
	if (step != SPF_STEP_YES)
		return step;
	if (t->kind == SPF_TERM_INCLUDE)
		return match_include(r, t, name);
	step = spf_frame_match(r, t, name, &is_void);
	if (step == SPF_STEP_PENDING)
		return step;
	limit = spf_frame_count_void(r, is_void, t->text);
	return limit == SPF_STEP_YES ? step : limit;
}

static enum spf_step
eval_term(struct spf_run *r, struct spf_frame *f, const struct spf_term *t)
{
	if (spf_record_asks(t->kind) && t->kind != SPF_TERM_REDIRECT)
		return eval_asking(r, f, t);
	return spf_frame_fits(&r->q->ip, t) ? SPF_STEP_YES : SPF_STEP_NO;
}

/* Section 4.6.2. */
static enum spf_result
verdict(struct spf_run *r, const struct spf_frame *f, char qualifier)
{
	if (qualifier == '+')
		return SPF_PASS;
	if (qualifier == '?')
		return SPF_NEUTRAL;
	return qualifier == '~' ? SPF_SOFTFAIL : spf_frame_fail(r, f);
}

/* Sections 4.7 and 6.1: no mechanism matched. */
static enum spf_result
redirect(struct spf_run *r, struct spf_frame *f)
{
	char buf[DOMAIN_MAX];
	struct view name;
	enum spf_step step;
	enum spf_result got;

	if (!f->record.redirect.p)
		return SPF_NEUTRAL;
	step = spf_frame_count(r, f, f->record.redirect);
	if (step == SPF_STEP_YES)
		step = spf_run_target(r, f->domain, f->record.redirect, buf, &name);
	if (step != SPF_STEP_YES)
		return stopped(step);
	got = check_host(r, name, f->included);
	if (got != SPF_NONE)
		return got;
	return stopped(spf_frame_no_record(r, SPF_TERM_REDIRECT, f->record.redirect));
}

static enum spf_result
check_host(struct spf_run *r, struct view domain, bool included)
{
	struct spf_frame f = {.domain = domain, .included = included};
	struct spf_term t;
	enum spf_step step = spf_frame_begin(r, &f);

	if (step == SPF_STEP_NO)
		return SPF_NONE;
	if (step != SPF_STEP_YES)
		return stopped(step);
	while (spf_record_next(&f.rest, &t)) {
		step = eval_term(r, &f, &t);
		if (step == SPF_STEP_YES) {
			if (!included)
				r->mechanism = t.text;
			return verdict(r, &f, t.qualifier);
		}
		if (step == SPF_STEP_PENDING)
			spf_frame_ask_ahead(r, &f);
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
