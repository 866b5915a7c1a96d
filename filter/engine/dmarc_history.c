/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One row of the DMARC history for each message of a stranger that is taken or refused for good: what the
 * dmarc check noted, and what became of the message. One that is put off comes again and counts then.
 */
#include "engine/state.h"
#include "util/clock.h"
#include "util/limits.h"
#include "util/log.h"

static struct view
property(const struct authres_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_props; i++)
		if (view_eq_str(r->prop[i].name, name))
			return r->prop[i].value;
	return view_of(NULL, 0);
}

/* Each signature that was verified, as Authentication-Results tells them. */
static void
add_dkim(const struct session *s, struct dmarc_row *row)
{
	for (const struct report *p = s->t->reports.first; p && row->n_dkim < DKIM_SIGNATURES; p = p->next) {
		struct dmarc_row_dkim d = {property(&p->result, "header.d"),
			property(&p->result, "header.s"), p->result.result};

		if (view_eq_str(p->result.method, "dkim") && d.domain.n && d.selector.n)
			row->dkim[row->n_dkim++] = d;
	}
}

/* Of all recipients that the message was for; absent if there are several. */
static struct view
recipient_domain(const struct transaction *t)
{
	struct view domain = {NULL, 0};

	for (size_t i = 0; i < t->n_rcpt; i++) {
		struct view one = t->rcpt[i].address.domain;

		if (t->rcpt[i].refused)
			continue;
		if (!one.n || (domain.p && !view_eq_nocase(domain, one)))
			return (struct view){NULL, 0};
		domain = one;
	}
	return domain;
}

static enum dmarc_disposition
disposition(const struct session *s, const struct judgement *g, const struct check_dmarc *d)
{
	if (d->passed)
		return d->published != DMARC_NONE ? DMARC_DONE_PASS : DMARC_DONE_NONE;
	if (s->e->o.settings->dry_run)
		return DMARC_DONE_NONE;
	if (g->kind == VERDICT_REJECT || g->kind == VERDICT_DISCARD)
		return DMARC_DONE_REJECT;
	return g->kind == VERDICT_QUARANTINE || g->tagged ? DMARC_DONE_QUARANTINE : DMARC_DONE_NONE;
}

/* By the rules that stand for a site's lists of forwarders and sealers, which rules/authentication.rules
 * ships; postern(8) says so. */
static bool
is_trusted(const struct session *s, const struct judgement *g)
{
	for (size_t i = 0; i < g->n_fired; i++) {
		struct view name = s->e->program->rules[g->fired[i].rule].name;

		if (!g->fired[i].by_unknown && !g->fired[i].trial &&
			(view_eq_str(name, "FORWARDER_TRUSTED") || view_eq_str(name, "ARC_TRUSTED")))
			return true;
	}
	return false;
}

static enum dmarc_override
override(const struct session *s, const struct judgement *g, const struct check_dmarc *d,
	enum dmarc_disposition done)
{
	static const enum dmarc_disposition wants[] = {[DMARC_NONE] = DMARC_DONE_NONE,
		[DMARC_QUARANTINE] = DMARC_DONE_QUARANTINE, [DMARC_REJECT] = DMARC_DONE_REJECT};

	if (d->passed)
		return DMARC_AS_ASKED;
	if (!d->known)
		return DMARC_OTHER;
	if (wants[d->asked] != done)
		return done < wants[d->asked] && is_trusted(s, g) ? DMARC_TRUSTED_FORWARDER
			: DMARC_LOCAL_POLICY;
	return d->asked != d->published ? DMARC_TEST_MODE : DMARC_AS_ASKED;
}

void
dmarc_history_emit(struct session *s, const struct judgement *g)
{
	const struct check_dmarc *d = s->t->dmarc;
	const struct check_envelope *e = &s->t->envelope;
	struct dmarc_row row;
	struct buf out;

	if (!d || !s->e->o.dmarc_sink || s->partial || s->outbound || g->kind == VERDICT_DEFER ||
		g->kind == VERDICT_GREYLIST)
		return;
	row = d->row;
	row.time = clock_wall();
	row.envelope_from = e->null_sender ? VIEW("") : e->has_from ? e->from.domain : row.envelope_from;
	row.envelope_to = recipient_domain(s->t);
	row.disposition = disposition(s, g, d);
	row.override = override(s, g, d, row.disposition);
	add_dkim(s, &row);
	s->t->dmarc = NULL;
	buf_init(&out, DMARC_ROW_BYTES);
	dmarc_row_write(&row, &out);
	if (out.over)
		log_warn("dmarc-limit", "id=%s row over %d bytes is not kept", s->t->id, DMARC_ROW_BYTES);
	else
		s->e->o.dmarc_sink(s->e->o.dmarc_sink_ctx, buf_view(&out));
	buf_done(&out);
}
