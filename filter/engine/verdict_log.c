/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/verdict_log.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/credentials.h"
#include "engine/evidence.h"
#include "engine/state.h"
#include "util/log.h"

enum { REASONS_SHOWN = 8, UNKNOWNS_SHOWN = 24 };

static struct view
reason(struct session *s, struct view all, const char *mark, struct view name, int32_t score)
{
	int32_t v = score < 0 ? -score : score;

	return arena_printf(s->message, "%.*s%s%s%.*s:%s%d.%02d", VIEW_ARG(all), all.n ? "," : "", mark,
		VIEW_ARG(name), score < 0 ? "-" : "", v / 100, v % 100);
}

static struct view
reasons(struct session *s, const struct judgement *g)
{
	struct view all = VIEW("");
	size_t shown_n = 0;

	for (size_t i = 0; i < g->n_fired && shown_n < REASONS_SHOWN; i++) {
		const struct fired *f = &g->fired[i];

		all = reason(s, all, f->trial ? "trial:" : "", s->e->program->rules[f->rule].name, f->score);
		shown_n++;
	}
	for (size_t i = 0; i < g->n_cuts; i++)
		all = reason(s, all, "", g->cuts[i].group == SIZE_MAX ? VIEW("skip")
			: s->e->program->groups[g->cuts[i].group].name, g->cuts[i].score);
	if (g->n_fired > shown_n)
		all = arena_printf(s->message, "%.*s,+%zu", VIEW_ARG(all), g->n_fired - shown_n);
	return all;
}

static struct view
unknown_names(struct session *s)
{
	struct view all = VIEW("");
	size_t n = 0;

	for (size_t i = 0; i < s->e->program->n_slots; i++) {
		if (!evidence_is_unknown(s, i))
			continue;
		if (n++ < UNKNOWNS_SHOWN)
			all = arena_printf(s->message, "%.*s%s%.*s", VIEW_ARG(all), all.n ? "," : "",
				VIEW_ARG(evidence_slot_name(s, i)));
	}
	if (n > UNKNOWNS_SHOWN)
		all = arena_printf(s->message, "%.*s,+%zu", VIEW_ARG(all), n - UNKNOWNS_SHOWN);
	return all;
}

/* After 250 a recipient's mail ends in a discard only, and that is said with its rule. */
static void
log_discarded(struct session *s, struct log_line *l)
{
	struct view all = VIEW("");
	size_t n = 0;

	for (size_t i = 0; i < s->t->n_rcpt; i++) {
		const struct recipient *r = &s->t->rcpt[i];

		if (r->judged.kind == VERDICT_DISCARD && n++ < REASONS_SHOWN)
			all = arena_printf(s->message, "%.*s%s%.*s(%.*s)", VIEW_ARG(all), all.n ? "," : "",
				VIEW_ARG(view_head(r->address.text, 100)), VIEW_ARG(r->judged.cause));
	}
	if (n > REASONS_SHOWN)
		all = arena_printf(s->message, "%.*s,+%zu", VIEW_ARG(all), n - REASONS_SHOWN);
	if (n)
		log_view(l, "discarded", all);
}

void
verdict_log(struct session *s, const struct judgement *g)
{
	struct transaction *t = s->t;
	struct view unknown = unknown_names(s);
	struct log_line l;
	char ip[IP_TEXT_MAX] = "none", score[16];
	size_t to = s->stage == STAGE_RCPT ? t->current : 0;

	if (t->client.ip)
		ip_format(t->client.ip, ip);
	snprintf(score, sizeof(score), "%s%d.%02d", g->score < 0 ? "-" : "", abs(g->score) / 100,
		abs(g->score) % 100);
	log_begin(&l, LOG_LEVEL_INFO, "transaction");
	l.always = true; /* no refusal may go unexplained because there were many */
	log_view(&l, "id", view_str(t->id));
	if (t->queue_id.n)
		log_view(&l, "queue", t->queue_id);
	log_view(&l, "client", view_str(ip));
	log_view(&l, "helo", view_head(t->client.helo, 100));
	log_view(&l, "from", view_head(t->envelope.from_raw, 150));
	if (to < t->n_rcpt)
		log_view(&l, "to", view_head(t->rcpt[to].address.text, 150));
	if (s->stage != STAGE_RCPT)
		log_number(&l, "nrcpt", (long long)t->n_rcpt);
	log_view(&l, "verdict", view_str(verdict_name(g->kind == VERDICT_NONE ? VERDICT_ACCEPT : g->kind)));
	if (s->e->o.settings->dry_run)
		log_view(&l, "dry-run", VIEW("yes"));
	log_view(&l, "stage", view_str(stage_name(g->stage)));
	if (g->tagged)
		log_view(&l, "tagged", VIEW("yes"));
	log_view(&l, "score", view_str(score));
	if (g->cause.n)
		log_view(&l, "cause", g->cause);
	log_view(&l, "reasons", reasons(s, g));
	if (s->stage == STAGE_END && g->kind != VERDICT_DISCARD)
		log_discarded(s, &l);
	credentials_log(s, &l);
	if (unknown.n)
		log_view(&l, "unknown", unknown);
	if (g->reply.code)
		log_view(&l, "reply", smtp_reply_line(&g->reply, s->message));
	log_end(&l);
}
