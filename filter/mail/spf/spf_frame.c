/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/spf/spf_frame.h"

/* How many of this record's terms may be asked ahead. It depends on what is counted alone, never on
 * which answers are there already, so every run over the same zone grants the same. */
static void
grant(struct spf_run *r, struct spf_frame *f)
{
	unsigned used = r->terms + r->ahead;
	unsigned left = used < SPF_TERMS ? SPF_TERMS - used : 0;

	f->granted = f->record.asking < left ? f->record.asking : left;
	r->ahead += f->granted;
}

enum spf_step
spf_frame_begin(struct spf_run *r, struct spf_frame *f)
{
	enum spf_step step = spf_run_record(r, f->domain, &f->record);

	if (step == SPF_STEP_YES) {
		grant(r, f);
		f->rest = f->record.terms;
	}
	return step;
}

/* Section 4.6.4. */
enum spf_step
spf_frame_count(struct spf_run *r, struct spf_frame *f, struct view text)
{
	if (f->begun++ < f->granted)
		r->ahead--;
	if (++r->terms > SPF_TERMS)
		return spf_run_permerror(r, "too many terms that ask the DNS", text);
	return SPF_STEP_YES;
}

enum spf_step
spf_frame_count_void(struct spf_run *r, bool is_void, struct view text)
{
	r->voids += is_void;
	if (is_void && r->voids > SPF_VOID)
		return spf_run_permerror(r, "too many void look-ups", text);
	return SPF_STEP_YES;
}

enum spf_step
spf_frame_no_record(struct spf_run *r, enum spf_kind kind, struct view text)
{
	return spf_run_permerror(r,
		kind == SPF_TERM_INCLUDE ? "included domain has no SPF record"
					 : "redirect to a domain without SPF record",
		text);
}

bool
spf_frame_fits(const struct ip *client, const struct spf_term *t)
{
	switch (t->kind) {
	case SPF_TERM_ALL:
		return true;
	case SPF_TERM_IP4:
		return ip_prefix_eq(client, &t->ip, t->bits4);
	case SPF_TERM_IP6:
		return ip_prefix_eq(client, &t->ip, t->bits6);
	default:
		return false;
	}
}

/* Section 5.4. */
enum spf_step
spf_frame_mx(struct spf_run *r, const struct spf_term *t, struct view name,
	struct view host[static SPF_NAMES], size_t *n_out)
{
	struct spf_answer mx;

	switch (spf_run_ask(r, name, SPF_RR_MX, &mx)) {
	case SPF_ASK_PENDING:
		return SPF_STEP_PENDING;
	case SPF_ASK_TEMPFAIL:
		return spf_run_temperror(r, mx.why, t->text);
	case SPF_ASK_NONE:
		return SPF_STEP_NO;
	case SPF_ASK_FOUND:
		break;
	}
	if (mx.n > SPF_NAMES)
		return spf_run_permerror(r, "too many MX names", t->text);
	memcpy(host, mx.text, mx.n * sizeof(*host));
	*n_out = mx.n;
	return SPF_STEP_YES;
}

/* The names are judged in their order; behind one that is pending they are only asked for. */
static enum spf_step
match_mx(struct spf_run *r, const struct spf_term *t, struct view name, bool *is_void)
{
	struct view host[SPF_NAMES];
	size_t n;
	enum spf_step step = spf_frame_mx(r, t, name, host, &n);
	struct spf_answer ignored;

	*is_void = step == SPF_STEP_NO;
	if (step != SPF_STEP_YES)
		return step;
	step = SPF_STEP_NO;
	for (size_t i = 0; i < n; i++) {
		if (step == SPF_STEP_NO) {
			step = spf_run_address(r, host[i], t, is_void);
			if (step == SPF_STEP_YES || step == SPF_STEP_TEMPERROR)
				return step;
		} else {
			spf_run_ask(r, host[i], spf_run_address_rr(r), &ignored);
		}
	}
	return step;
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

enum spf_step
spf_frame_match(struct spf_run *r, const struct spf_term *t, struct view name, bool *void_out)
{
	switch (t->kind) {
	case SPF_TERM_A:
		return spf_run_address(r, name, t, void_out);
	case SPF_TERM_MX:
		return match_mx(r, t, name, void_out);
	case SPF_TERM_PTR:
		return spf_run_ptr_under(r, name, void_out);
	case SPF_TERM_EXISTS:
		return match_exists(r, t, name, void_out);
	default:
		return SPF_STEP_NO;
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
ask_first(struct spf_run *r, const struct spf_frame *f, enum spf_kind kind, struct view spec)
{
	char buf[DOMAIN_MAX];
	struct view name;
	struct spf_answer ignored;

	if (kind == SPF_TERM_PTR)
		spf_run_ask(r, spf_run_arpa(r, buf), SPF_RR_PTR, &ignored);
	else if (spf_run_target(r, f->domain, spec, buf, &name) == SPF_STEP_YES)
		spf_run_ask(r, name, first_type(r, kind), &ignored);
}

void
spf_frame_ask_ahead(struct spf_run *r, struct spf_frame *f)
{
	struct view rest = f->rest;
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

/* Section 6.2. */
enum spf_result
spf_frame_fail(struct spf_run *r, const struct spf_frame *f)
{
	if (!f->included && r->q->explain && f->record.exp.p &&
		spf_run_explain(r, f->domain, f->record.exp) == SPF_STEP_PENDING)
		return SPF_PENDING;
	return SPF_FAIL;
}
