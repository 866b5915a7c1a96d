/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/dmarc.h"

#include "mail/dmarc/dmarc_query.h"
#include "mail/from_field.h"
#include "util/log.h"

enum row { RESULT, POLICY, ALIGNED };

static const struct fact_def facts[] = {
	[RESULT] = {.name = "dmarc",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none pass fail permerror",
		.help = "DMARC result",
		.asks = "DMARC: up to 8 records, and what spf and dkim ask"},
	[POLICY] = {.name = "dmarc.policy",
		.type = FACT_ENUM,
		.stage = STAGE_BODY,
		.values = "none quarantine reject",
		.help = "policy that applies after sp=/np=",
		.asks = "DMARC: up to 8 records"},
	[ALIGNED] = {.name = "dkim.aligned",
		.type = FACT_BOOL,
		.stage = STAGE_BODY,
		.help = "one of them aligns with from.domain",
		.asks = "DMARC: up to 8 records"},
};

enum need { SPF, SPF_DOMAIN, DKIM, DKIM_DOMAIN, DKIM_TEMPERROR };
static const char *const needs[] = {
	[SPF] = "spf",
	[SPF_DOMAIN] = "spf.domain",
	[DKIM] = "dkim",
	[DKIM_DOMAIN] = "dkim.domain",
	[DKIM_TEMPERROR] = "dkim.temperror",
};

enum { IDENTIFIERS = 1 + 2 * DKIM_SIGNATURES };

/* For one message: what need not be read twice. */
struct state {
	bool guessed, read;
	enum from_field_status status;
	struct address from;
};

static struct state *
state_of(struct check_call *c)
{
	void **p = check_state(c);

	if (!*p)
		*p = arena_new_of(check_arena(c), struct state);
	return *p;
}

/* ---- between mail/dmarc/dmarc_query and the session's DNS memory ---- */

struct asker {
	struct check_call *call;
	struct view txt[DNS_ANSWER_RRS]; /* of the answer that is looked at */
};

static struct dmarc_answer
ask(void *ctx, struct view name, bool txt)
{
	static const enum dmarc_status statuses[] = {
		[DNS_FOUND] = DMARC_ANSWER_FOUND,
		[DNS_NONE] = DMARC_ANSWER_NONE,
		[DNS_TEMPFAIL] = DMARC_ANSWER_TEMPFAIL,
	};
	struct asker *a = ctx;
	const struct dns_answer *got = check_dns(a->call, name, txt ? DNS_TXT : DNS_A);
	struct dmarc_answer out = {.status = DMARC_ANSWER_PENDING, .txt = a->txt};

	if (!got)
		return out;
	out.status = statuses[got->status];
	out.nxdomain = got->nxdomain;
	out.why = got->why;
	for (; txt && out.n < got->n && out.n < DNS_ANSWER_RRS; out.n++)
		a->txt[out.n] = got->rr[out.n].text;
	return out;
}

/* At MAIL the author is not known, but it is mostly of the sender's domain. */
static void
guess(struct check_call *c, struct state *s)
{
	const struct check_envelope *e = check_envelope(c);
	struct asker a = {.call = c};

	if (s->guessed || !e || !e->has_from || e->null_sender || e->from.domain.n == 0 ||
		e->from.domain.p[0] == '[')
		return;
	s->guessed = true;
	dmarc_query_start(e->from.domain, ask, &a);
}

static void
read_author(struct check_call *c, struct state *s)
{
	struct asker a = {.call = c};
	size_t count;
	const struct header_field *first;

	if (s->read)
		return;
	s->read = true;
	first = check_header(c, "From", &count);
	s->status = from_field_read(first, count, check_arena(c), &s->from);
	if (s->status == FROM_FIELD_ONE)
		dmarc_query_start(s->from.domain, ask, &a);
}

/* ---- identifiers ---- */

static void
add(struct dmarc_identifier *id, size_t *n, struct view domain, bool spf, bool maybe)
{
	if (*n < IDENTIFIERS)
		id[(*n)++] = (struct dmarc_identifier){domain, spf, maybe};
}

/* An unknown result of a stranger's domain changes nothing, or a broken name server would undo
 * p=reject; one whose domain is not known may be the author's. */
static void
add_spf(struct check_call *c, struct view author, struct dmarc_identifier *id, size_t *n)
{
	const struct fact_value *spf = check_need(c, SPF), *domain = check_need(c, SPF_DOMAIN);
	bool named = domain->state == FACT_KNOWN;

	if (spf->state == FACT_UNKNOWN)
		add(id, n, named ? domain->text : author, true, true);
	else if (spf->state == FACT_KNOWN && view_eq_str(spf->text, "pass") && named)
		add(id, n, domain->text, true, false);
}

static void
add_dkim(struct check_call *c, struct view author, struct dmarc_identifier *id, size_t *n)
{
	const struct fact_value *good = check_need(c, DKIM_DOMAIN),
				*open = check_need(c, DKIM_TEMPERROR);

	for (size_t i = 0; good->state == FACT_KNOWN && i < good->list.n; i++)
		add(id, n, good->list.item[i], false, false);
	for (size_t i = 0; open->state == FACT_KNOWN && i < open->list.n; i++)
		add(id, n, open->list.item[i], false, true);
	if (open->state == FACT_UNKNOWN)
		add(id, n, author, false, true);
}

static bool
needs_there(struct check_call *c)
{
	bool there = true;

	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (check_need(c, i)->state == FACT_PENDING)
			there = false;
	return there;
}

/* ---- results ---- */

static void
report(struct check_call *c, struct view result, const char *why, struct view author,
	const char *policy)
{
	struct authres_result r = {
		.method = VIEW("dmarc"), .result = result, .reason = view_str(why)};

	if (author.n > 0)
		r.prop[r.n_props++] = (struct authres_prop){VIEW("header.from"), author};
	if (policy)
		r.prop[r.n_props++] = (struct authres_prop){VIEW("policy.dmarc"), view_str(policy)};
	check_report(c, &r);
}

/* RFC 9989 replaced the public suffix list by the tree walk: where that changes something, it is
 * said. */
static void
log_difference(struct view author, const struct dmarc_outcome *o)
{
	struct log_line l;
	bool same_policy =
		o->verdict != DMARC_FAIL || !o->policy_known || o->policy == o->old_policy;

	if (!o->compared || (o->verdict == o->old_verdict && same_policy))
		return;
	log_begin(&l, LOG_LEVEL_INFO, "dmarc-differs");
	log_view(&l, "domain", author);
	log_view(&l, "rfc9989", view_str(dmarc_query_verdict_name(o->verdict)));
	log_view(&l, "policy",
		view_str(o->verdict == DMARC_NO_RECORD ? "" : dmarc_record_policy_name(o->policy)));
	log_view(&l, "rfc7489", view_str(dmarc_query_verdict_name(o->old_verdict)));
	log_view(&l, "old-policy",
		view_str(o->old_verdict == DMARC_NO_RECORD
				 ? ""
				 : dmarc_record_policy_name(o->old_policy)));
	log_end(&l);
}

/* What an aggregate report will say of SPF: its MAIL FROM identity, the HELO name for <>. */
static void
note_spf(struct check_call *c, struct dmarc_row *row)
{
	const struct fact_value *spf = check_need(c, SPF), *domain = check_need(c, SPF_DOMAIN);

	if (domain->state != FACT_KNOWN)
		return;
	row->spf_domain = domain->text;
	row->spf_result = spf->state == FACT_KNOWN ? spf->text : VIEW("temperror");
}

static void
note(struct check_call *c, struct view author, const struct dmarc_outcome *o)
{
	const struct check_client *client = check_client(c);
	struct check_dmarc *d;

	if (!check_settings(c)->dmarc_history || !o->record.rua.p || o->verdict == DMARC_PERMERROR ||
		!client || !client->ip)
		return;
	d = arena_new_of(check_arena(c), struct check_dmarc);
	d->row.domain = o->record_domain;
	d->row.record = o->record;
	d->row.record.rua = arena_copy(check_arena(c), o->record.rua);
	d->row.ip = *client->ip;
	d->row.header_from = author;
	d->row.dkim_aligned = o->dkim_aligned == DMARC_YES;
	d->row.spf_aligned = o->spf_aligned == DMARC_YES;
	d->known = o->verdict != DMARC_UNKNOWN && o->policy_known;
	d->passed = o->verdict == DMARC_PASS;
	d->asked = o->policy;
	d->published = o->published;
	note_spf(c, &d->row);
	check_dmarc(c, d);
}

static const char *
reason(const struct dmarc_outcome *o)
{
	if (o->verdict == DMARC_PERMERROR)
		return "the record has no valid policy";
	return o->verdict == DMARC_UNKNOWN ? o->why : NULL;
}

static void
set_facts(struct check_call *c, struct view author, const struct dmarc_outcome *o)
{
	struct view result = view_str(dmarc_query_verdict_name(o->verdict));
	struct view why =
		o->why ? arena_printf(check_arena(c), "temperror: %s", o->why) : VIEW("temperror");
	bool policy = o->record_domain.p && o->verdict != DMARC_PERMERROR;
	bool unknown = o->verdict == DMARC_UNKNOWN;

	log_difference(author, o);
	note(c, author, o);
	report(c, result, reason(o), author,
		policy && o->policy_known ? dmarc_record_policy_name(o->policy) : NULL);
	check_set(c, RESULT, unknown ? fact_unknown(why) : fact_text(result));
	if (o->verdict == DMARC_PERMERROR) /* RFC 9989 4.10.1: without a valid policy it asks for nothing */
		check_set(c, POLICY, fact_text(VIEW("none")));
	else if (policy && o->policy_known)
		check_set(c, POLICY, fact_text(view_str(dmarc_record_policy_name(o->policy))));
	else
		check_set(c, POLICY, policy || unknown ? fact_unknown(why) : fact_missing());
	check_set(c, ALIGNED,
		o->dkim_aligned == DMARC_MAYBE ? fact_unknown(why)
					       : fact_bool(o->dkim_aligned == DMARC_YES));
}

static void
no_author(struct check_call *c, enum from_field_status status)
{
	report(c, VIEW("permerror"), from_field_why(status), view_of(NULL, 0), NULL);
	check_set(c, RESULT, fact_text(VIEW("permerror")));
	check_set(c, POLICY, fact_missing());
	check_set(c, ALIGNED, fact_bool(false));
}

static void
run(struct check_call *c)
{
	struct state *s = state_of(c);
	struct dmarc_identifier id[IDENTIFIERS];
	struct asker a = {.call = c};
	struct dmarc_query q = {.id = id, .ask = ask, .ctx = &a};
	struct dmarc_outcome o;

	if (check_stage(c) < STAGE_HEADER) {
		guess(c, s);
		return;
	}
	read_author(c, s);
	if (check_stage(c) < STAGE_BODY)
		return;
	if (s->status != FROM_FIELD_ONE) {
		no_author(c, s->status);
		return;
	}
	if (!needs_there(c))
		return;
	q.author = s->from.domain;
	add_spf(c, q.author, id, &q.n_id);
	add_dkim(c, q.author, id, &q.n_id);
	o = dmarc_query_run(&q);
	if (o.verdict != DMARC_PENDING)
		set_facts(c, q.author, &o);
}

const struct check dmarc_check = {
	.name = "dmarc",
	.facts = facts,
	.n_facts = sizeof(facts) / sizeof(*facts),
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.stage = STAGE_MAIL,
	.run = run,
};
