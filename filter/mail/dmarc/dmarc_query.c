/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/dmarc/dmarc_query.h"

#include "mail/domain.h"

static const struct view prefix = {"_dmarc.", sizeof("_dmarc.") - 1};

const char *
dmarc_query_verdict_name(enum dmarc_verdict v)
{
	static const char *const names[] = {
		"pending", "none", "pass", "fail", "permerror", "temperror"};

	return names[v];
}

/* What stands at a name, or why that is not known. */
struct found {
	enum dmarc_status status;
	const char *why;
	struct view domain; /* FOUND: where; of organization(): NONE too */
	struct dmarc_record record;
};

static bool
settled(struct found f)
{
	return f.status == DMARC_ANSWER_FOUND || f.status == DMARC_ANSWER_NONE;
}

/* Section 4.10, steps 2 and 6: what is no DMARC record is left out; of several none counts. */
static struct found
look_up(const struct dmarc_query *q, struct view domain)
{
	char name[sizeof("_dmarc.") + DOMAIN_MAX];
	struct found f = {.status = DMARC_ANSWER_NONE, .domain = domain};
	struct dmarc_answer a;
	size_t records = 0;

	if (domain.n == 0 || domain.n > DOMAIN_MAX)
		return f;
	memcpy(name, prefix.p, prefix.n);
	memcpy(name + prefix.n, domain.p, domain.n);
	a = q->ask(q->ctx, view_of(name, prefix.n + domain.n), true);
	f.status = a.status;
	f.why = a.why;
	if (a.status != DMARC_ANSWER_FOUND)
		return f;
	for (size_t i = 0; i < a.n; i++) {
		struct dmarc_record r;

		if (dmarc_record_read(a.txt[i], &r)) {
			f.record = r;
			records++;
		}
	}
	if (records != 1)
		f.status = DMARC_ANSWER_NONE;
	return f;
}

/* Section 4.10, steps 3 to 7: more than 8 labels are cut to 7 at the first step. */
size_t
dmarc_query_walk(struct view domain, struct view out[static DMARC_QUERIES])
{
	size_t labels = domain_labels(domain), n = 0;

	if (domain.n == 0)
		return 0;
	out[n++] = domain;
	for (size_t k = labels > DMARC_QUERIES ? DMARC_QUERIES - 1 : labels - 1; k > 0; k--)
		out[n++] = domain_tail(domain, k);
	return n;
}

void
dmarc_query_start(struct view domain, dmarc_ask *ask, void *ctx)
{
	const struct dmarc_query q = {.ask = ask, .ctx = ctx};
	struct view step[DMARC_QUERIES];
	size_t n = dmarc_query_walk(domain, step);

	for (size_t i = 0; i < n; i++)
		(void)look_up(&q, step[i]);
}

/* Section 4.10.2. status: NONE or FOUND (a domain is then in *org_out, and in *psd_out the public
 * suffix domain that decided, if one did), else why it is not known. */
static struct found
organization(
	const struct dmarc_query *q, struct view domain, struct view *org_out, struct view *psd_out)
{
	struct view step[DMARC_QUERIES];
	size_t n = dmarc_query_walk(domain, step);
	struct found f = {.status = DMARC_ANSWER_NONE};

	*org_out = domain;
	*psd_out = (struct view){NULL, 0};
	for (size_t i = 0; i < n; i++) {
		f = look_up(q, step[i]);
		if (!settled(f))
			return f;
		if (f.status == DMARC_ANSWER_NONE)
			continue;
		if (f.record.psd == DMARC_PSD_YES && i > 0) {
			*org_out = domain_tail(domain, domain_labels(step[i]) + 1);
			*psd_out = step[i];
			return f;
		}
		*org_out = step[i]; /* the last one found has the fewest labels */
		if (f.record.psd != DMARC_PSD_UNSAID)
			return f;
	}
	f.status = DMARC_ANSWER_NONE;
	return f;
}

enum dmarc_status
dmarc_query_org(struct view domain, dmarc_ask *ask, void *ctx, struct view *org_out)
{
	const struct dmarc_query q = {.ask = ask, .ctx = ctx};
	struct view org, psd;
	struct found f;

	dmarc_query_start(domain, ask, ctx);
	f = organization(&q, domain, &org, &psd);
	if (!settled(f))
		return f.status;
	*org_out = org;
	return DMARC_ANSWER_FOUND;
}

/* Section 4.10.1: the record of the author domain, of its organizational domain, of the suffix. */
static struct found
policy_record(const struct dmarc_query *q)
{
	struct found f = look_up(q, q->author), walk;
	struct view org, psd;

	if (f.status != DMARC_ANSWER_NONE)
		return f;
	walk = organization(q, q->author, &org, &psd);
	if (!settled(walk))
		return walk;
	f = look_up(q, org);
	if (f.status == DMARC_ANSWER_NONE && psd.p)
		f = look_up(q, psd);
	return f;
}

static enum dmarc_tri
same_organization(const struct dmarc_query *q, struct view domain, const char **why)
{
	struct view org, other, psd;
	struct found f = organization(q, q->author, &org, &psd);

	if (settled(f)) {
		if (!domain_under(domain, org))
			return DMARC_NO; /* whatever its own walk found: never org */
		f = organization(q, domain, &other, &psd);
	}
	if (f.status == DMARC_ANSWER_PENDING)
		return DMARC_WAIT;
	if (f.status == DMARC_ANSWER_TEMPFAIL) {
		*why = f.why;
		return DMARC_MAYBE;
	}
	return view_eq_nocase(org, other) ? DMARC_YES : DMARC_NO;
}

/* Section 4.4: identical, or of one organization where the record does not ask for identity. */
static enum dmarc_tri
aligned(const struct dmarc_query *q, const struct dmarc_record *r,
	const struct dmarc_identifier *id, const char **why)
{
	enum dmarc_tri t;

	if (view_eq_nocase(id->domain, q->author))
		t = DMARC_YES;
	else if (id->spf ? r->strict_spf : r->strict_dkim)
		t = DMARC_NO;
	else
		t = same_organization(q, id->domain, why);
	if (t == DMARC_YES && id->maybe) {
		*why = "SPF or DKIM is not known";
		return DMARC_MAYBE;
	}
	return t;
}

/* By the best that an identifier has to say. */
static const enum dmarc_verdict verdicts[] = {
	[DMARC_NO] = DMARC_FAIL,
	[DMARC_MAYBE] = DMARC_UNKNOWN,
	[DMARC_WAIT] = DMARC_PENDING,
	[DMARC_YES] = DMARC_PASS,
};

/* ---- RFC 7489 ---- */

/* Section 3.2 there. A public suffix is its own organization. */
static struct view
registrable(struct view domain)
{
	struct view r = domain_registrable(domain);

	return r.p ? r : domain;
}

static enum dmarc_tri
old_aligned(const struct dmarc_query *q, bool strict, const struct dmarc_identifier *id)
{
	bool yes = view_eq_nocase(id->domain, q->author) ||
		   (!strict && view_eq_nocase(registrable(id->domain), registrable(q->author)));

	if (!yes)
		return DMARC_NO;
	return id->maybe ? DMARC_MAYBE : DMARC_YES;
}

/* Section 6.6.3 there, from answers that the tree walk has anyway. */
static void
compare_old(const struct dmarc_query *q, struct dmarc_outcome *out)
{
	struct view org = registrable(q->author);
	struct found f = look_up(q, q->author);
	enum dmarc_tri best = DMARC_NO;
	bool own = f.status != DMARC_ANSWER_NONE;

	if (!own && domain_labels(org) < DMARC_QUERIES) /* as the walk had it: no question more */
		f = look_up(q, org);
	out->compared = settled(f);
	out->old_verdict = DMARC_NO_RECORD;
	if (f.status != DMARC_ANSWER_FOUND)
		return;
	for (size_t i = 0; i < q->n_id; i++) {
		enum dmarc_tri t = old_aligned(
			q, q->id[i].spf ? f.record.strict_spf : f.record.strict_dkim, &q->id[i]);

		best = t > best ? t : best;
	}
	out->old_verdict = verdicts[best];
	out->old_policy = own ? f.record.p : f.record.sp;
	if (!f.record.usable)
		out->old_verdict = DMARC_PERMERROR;
}

/* ---- all of it ---- */

/* t=y: one level less (section 4.7). */
static enum dmarc_policy
tested(const struct dmarc_record *r, enum dmarc_policy p)
{
	return r->testing && p != DMARC_NONE ? (enum dmarc_policy)(p - 1) : p;
}

/* p for the record's own domain; below it sp, or np if the author domain does not exist. False:
 * wait. */
static bool
choose_policy(const struct dmarc_query *q, const struct found *f, struct dmarc_outcome *out)
{
	const struct dmarc_record *r = &f->record;
	struct dmarc_answer a = {.status = DMARC_ANSWER_FOUND};

	if (!view_eq_nocase(f->domain, q->author) && r->np != r->sp)
		a = q->ask(q->ctx, q->author, false);
	out->policy_known = a.status != DMARC_ANSWER_TEMPFAIL;
	if (!out->policy_known)
		out->why = a.why;
	if (view_eq_nocase(f->domain, q->author))
		out->published = r->p;
	else
		out->published = a.status == DMARC_ANSWER_NONE && a.nxdomain ? r->np : r->sp;
	out->policy = tested(r, out->published);
	return a.status != DMARC_ANSWER_PENDING;
}

/* DKIM alignment without a record: there is no tree to tell an organization by, so the public
 * suffix list does. Where the record is only out of reach, it may yet ask for identity. */
static enum dmarc_tri
aligned_without(const struct dmarc_query *q, bool unreachable)
{
	enum dmarc_tri best = DMARC_NO;

	for (size_t i = 0; i < q->n_id; i++) {
		enum dmarc_tri t = q->id[i].spf ? DMARC_NO : old_aligned(q, false, &q->id[i]);

		if (t == DMARC_YES && unreachable && !view_eq_nocase(q->id[i].domain, q->author))
			t = DMARC_MAYBE;
		best = t > best ? t : best;
	}
	return best;
}

static void
judge(const struct dmarc_query *q, const struct found *f, struct dmarc_outcome *out)
{
	enum dmarc_tri best = DMARC_NO;
	struct view org, psd;

	out->record_domain = f->domain;
	out->record = f->record;
	for (size_t i = 0; i < q->n_id; i++) {
		enum dmarc_tri t = aligned(q, &f->record, &q->id[i], &out->why);

		enum dmarc_tri *kind = q->id[i].spf ? &out->spf_aligned : &out->dkim_aligned;

		best = t > best ? t : best;
		*kind = t > *kind ? t : *kind;
	}
	out->verdict = f->record.usable ? verdicts[best] : DMARC_PERMERROR;
	if (out->dkim_aligned == DMARC_WAIT || (f->record.usable && !choose_policy(q, f, out)))
		out->verdict = DMARC_PENDING;
	if (out->verdict == DMARC_PASS || out->verdict == DMARC_FAIL) {
		if (settled(organization(q, q->author, &org, &psd)))
			out->org = org;
		compare_old(q, out);
	}
}

/* Asks at once what will be wanted: the walks of the author domain and of what may align with it.
 */
static void
ask_all(const struct dmarc_query *q)
{
	struct view org = registrable(q->author);

	dmarc_query_start(q->author, q->ask, q->ctx);
	for (size_t i = 0; i < q->n_id; i++)
		if (!view_eq_nocase(q->id[i].domain, q->author) &&
			domain_under(q->id[i].domain, org))
			dmarc_query_start(q->id[i].domain, q->ask, q->ctx);
}

struct dmarc_outcome
dmarc_query_run(const struct dmarc_query *q)
{
	struct dmarc_outcome out = {.verdict = DMARC_PENDING};
	struct found f;

	ask_all(q);
	f = policy_record(q);
	if (f.status == DMARC_ANSWER_PENDING)
		return out;
	if (f.status == DMARC_ANSWER_TEMPFAIL) {
		out.verdict = DMARC_UNKNOWN;
		out.why = f.why;
		out.dkim_aligned = aligned_without(q, true);
	} else if (f.status == DMARC_ANSWER_NONE) {
		out.verdict = DMARC_NO_RECORD;
		out.dkim_aligned = aligned_without(q, false);
		compare_old(q, &out);
	} else
		judge(q, &f, &out);
	return out;
}
