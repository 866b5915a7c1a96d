/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/evidence.h"

#include <openssl/evp.h>

#include "engine/counting.h"
#include "engine/credentials.h"
#include "engine/learning.h"
#include "engine/state.h"
#include "engine/tag_text.h"
#include "engine/trace.h"
#include "engine/verdict_log.h"
#include "engine/verdict_tally.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/log.h"

enum { EVIDENCE_VERSION = 1, RECIPIENTS_SHOWN = 20 };

/* Long texts keep their length and digest, so that a record stays small and still can be compared. */
static void
text(struct json *j, struct view v)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1];

	if (v.n <= EVIDENCE_TEXT) {
		json_text(j, v);
		return;
	}
	if (!EVP_Digest(v.p, v.n, digest, &n, EVP_sha256(), NULL))
		log_die("SHA-256 failed");
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	json_open(j, '{');
	json_key(j, "bytes");
	json_number(j, (long long)v.n);
	json_key(j, "sha256");
	json_text(j, view_of(hex, 2 * n));
	json_close(j, '}');
}

static void
value(struct json *j, const struct fact_def *def, const struct fact_value *v)
{
	char ip[IP_TEXT_MAX];

	if (v->state == FACT_MISSING) {
		json_null(j);
	} else if (v->state == FACT_UNKNOWN) {
		json_open(j, '{');
		json_key(j, "unknown");
		text(j, v->why.p ? v->why : VIEW(""));
		json_close(j, '}');
	} else if (def->list) {
		json_open(j, '[');
		for (size_t i = 0; i < v->list.n; i++)
			text(j, v->list.item[i]);
		json_close(j, ']');
	} else if (def->type == FACT_BOOL) {
		json_bool(j, v->yes);
	} else if (def->type == FACT_NUMBER || def->type == FACT_DURATION || def->type == FACT_SIZE) {
		json_number(j, v->number);
	} else if (def->type == FACT_IP) {
		ip_format(&v->ip, ip);
		json_text(j, view_str(ip));
	} else {
		text(j, v->text);
	}
}

struct view
evidence_slot_name(struct session *s, size_t slot)
{
	const struct slot *def = &s->e->program->slots[slot];

	if (!def->def->arg)
		return view_str(def->def->name);
	return arena_printf(s->message, "%s(\"%.*s\")", def->def->name, VIEW_ARG(def->arg));
}

/* What was looked at and is settled; `score` has its own place. */
static bool
shown(struct session *s, size_t slot)
{
	const struct slot *def = &s->e->program->slots[slot];

	if (slot == s->e->score || !values_settled(s, slot))
		return false;
	return !def->def->per_rcpt || s->t->current < s->t->n_rcpt;
}

static void
facts(struct session *s, struct json *j)
{
	json_key(j, "facts");
	json_open(j, '{');
	for (size_t i = 0; i < s->e->program->n_slots; i++) {
		if (!shown(s, i))
			continue;
		json_key_view(j, evidence_slot_name(s, i));
		value(j, s->e->program->slots[i].def, values_at(s, i));
	}
	json_close(j, '}');
}

/* The names of a rule's effects, for "effect"; absent if it has none. */
static struct view
effects(struct session *s, const struct rule *r, bool by_unknown)
{
	struct view all = {NULL, 0};

	if (by_unknown)
		return arena_printf(s->message, "if unknown %s", effect_name(r->if_unknown->kind));
	for (size_t i = 0; i < r->n_effects; i++)
		all = arena_printf(s->message, "%.*s%s%s", VIEW_ARG(all), all.n ? ", " : "",
			effect_name(r->effects[i].kind));
	return all;
}

static void
place(struct json *j, struct view file, uint32_t line)
{
	json_key(j, "file");
	json_text(j, file);
	json_key(j, "line");
	json_number(j, line);
}

static void
rule(struct session *s, struct json *j, const struct fired *f)
{
	const struct rule *r = &s->e->program->rules[f->rule];

	json_open(j, '{');
	json_key(j, "name");
	json_text(j, r->name);
	json_key(j, "score");
	json_hundredths(j, f->score);
	json_key(j, "effect");
	json_text(j, effects(s, r, f->by_unknown));
	place(j, r->file, r->line);
	if (f->trial) {
		json_key(j, "trial");
		json_bool(j, true);
	}
	if (r->info.p) {
		json_key(j, "info");
		json_text(j, r->info);
	}
	json_close(j, '}');
}

/* What a group's cap or a skip took away stands among the rules, so that these sum to the score. */
static void
cut(struct session *s, struct json *j, const struct cut *c)
{
	const struct program *p = s->e->program;

	json_open(j, '{');
	json_key(j, "name");
	json_text(j, c->group == SIZE_MAX ? VIEW("score")
		: arena_printf(s->message, "group %.*s", VIEW_ARG(p->groups[c->group].name)));
	json_key(j, "score");
	json_hundredths(j, c->score);
	json_key(j, "effect");
	json_text(j, view_str(c->why));
	if (c->group != SIZE_MAX)
		place(j, p->groups[c->group].file, p->groups[c->group].line);
	json_close(j, '}');
}

static void
rules(struct session *s, struct json *j, const struct judgement *g)
{
	json_key(j, "rules");
	json_open(j, '[');
	for (size_t i = 0; i < g->n_fired; i++)
		rule(s, j, &g->fired[i]);
	for (size_t i = 0; i < g->n_cuts; i++)
		cut(s, j, &g->cuts[i]);
	json_close(j, ']');
}

bool
evidence_is_unknown(struct session *s, size_t slot)
{
	const struct fact_value *v = values_at(s, slot);

	return shown(s, slot) && v->state == FACT_UNKNOWN && !v->few;
}

static void
unknowns(struct session *s, struct json *j, const struct judgement *g)
{
	json_key(j, "unknown");
	json_open(j, '[');
	for (size_t i = 0; i < s->e->program->n_slots; i++)
		if (evidence_is_unknown(s, i))
			json_text(j, evidence_slot_name(s, i));
	for (size_t i = 0; i < g->n_unknown; i++)
		json_text(j, s->e->program->rules[g->unknown[i]].name);
	json_close(j, ']');
}

static void
trace(struct session *s, struct json *j, const struct judgement *g)
{
	json_key(j, "trace");
	trace_write(s, g, j);
}

/* At RCPT a decision concerns one recipient, later all that are left. */
static void
recipients(struct session *s, struct json *j, size_t max)
{
	struct transaction *t = s->t;

	json_key(j, "to");
	json_open(j, '[');
	for (size_t i = 0; i < t->n_rcpt && i < max; i++)
		if (s->stage != STAGE_RCPT || i == t->current)
			text(j, t->rcpt[i].address.text);
	json_close(j, ']');
}

static void
recipient_fate(struct session *s, struct json *j, const struct judgement *g)
{
	const struct program *p = s->e->program;

	json_open(j, '{');
	json_key(j, "verdict");
	json_text(j, view_str(verdict_name(g->kind)));
	json_key(j, "cause");
	json_text(j, g->cause);
	if (g->rule != SIZE_MAX)
		place(j, p->rules[g->rule].file, p->rules[g->rule].line);
	if (g->threshold) {
		json_key(j, "threshold");
		judgement_threshold(g, j);
	}
	json_close(j, '}');
}

/* Verdicts of single recipients, where they differ from the message's. */
static void
fates(struct session *s, struct json *j, const struct judgement *g)
{
	struct transaction *t = s->t;
	bool any = false;

	for (size_t i = 0; s->stage == STAGE_END && i < t->n_rcpt; i++) {
		if (t->rcpt[i].judged.kind == g->kind)
			continue;
		if (!any) {
			json_key(j, "recipients");
			json_open(j, '{');
			any = true;
		}
		json_key_view(j, t->rcpt[i].address.text.p ? t->rcpt[i].address.text : VIEW(""));
		recipient_fate(s, j, &t->rcpt[i].judged);
	}
	if (any)
		json_close(j, '}');
}

static void
head(struct session *s, struct json *j, int64_t now, bool whole)
{
	struct transaction *t = s->t;
	char ip[IP_TEXT_MAX];

	json_key(j, "version");
	json_number(j, EVIDENCE_VERSION);
	json_key(j, "id");
	json_text(j, view_str(t->id));
	json_key(j, "time");
	json_number(j, now);
	json_key(j, "queue");
	json_text(j, t->queue_id.n ? t->queue_id : (struct view){0});
	json_key(j, "client");
	if (t->client.ip)
		ip_format(t->client.ip, ip);
	json_text(j, t->client.ip ? view_str(ip) : (struct view){0});
	json_key(j, "helo");
	text(j, t->client.helo);
	json_key(j, "from");
	text(j, t->envelope.has_from ? t->envelope.from.text
		: t->envelope.null_sender ? VIEW("") : t->envelope.from_raw);
	recipients(s, j, whole ? SIZE_MAX : RECIPIENTS_SHOWN);
}

/* whole: with facts and recipients; a record that would be too long goes without. */
static void
write_json(struct session *s, const struct judgement *g, struct buf *out, int64_t now, bool whole)
{
	struct json j;

	json_init(&j, out);
	json_open(&j, '{');
	head(s, &j, now, whole);
	json_key(&j, "verdict");
	json_text(&j, view_str(verdict_name(g->kind == VERDICT_NONE ? VERDICT_ACCEPT : g->kind)));
	json_key(&j, "stage");
	json_text(&j, view_str(stage_name(g->stage)));
	if (s->partial) {
		json_key(&j, "partial");
		json_bool(&j, true);
	}
	json_key(&j, "cause");
	json_text(&j, g->cause.n ? g->cause : (struct view){0});
	if (g->threshold) {
		json_key(&j, "threshold");
		judgement_threshold(g, &j);
	}
	json_key(&j, "tagged");
	json_bool(&j, g->tagged);
	json_key(&j, "tag-text");
	json_text(&j, tag_text(s, g));
	json_key(&j, "dry-run");
	json_bool(&j, s->e->o.settings->dry_run);
	json_key(&j, "reply");
	json_text(&j, g->reply.code ? smtp_reply_line(&g->reply, s->message) : VIEW("250"));
	json_key(&j, "score");
	json_hundredths(&j, g->score);
	if (whole) {
		fates(s, &j, g);
		facts(s, &j);
		json_key(&j, "authentication");
		reports_write(s, &j);
	} else {
		json_key(&j, "truncated");
		json_bool(&j, true);
	}
	credentials_json(s, &j);
	rules(s, &j, g);
	unknowns(s, &j, g);
	if (s->e->o.trace && whole)
		trace(s, &j, g);
	json_close(&j, '}');
}

void
evidence_emit(struct session *s, const struct judgement *g)
{
	struct engine *e = s->e;
	int64_t now = e->o.settings->now >= 0 ? e->o.settings->now : clock_wall();
	struct buf out;

	if (s->info.witness) {
		s->info.witness(s->info.witness_ctx, g);
		return;
	}
	verdict_tally(s, g);
	if (g->kind == VERDICT_REJECT && !e->o.settings->dry_run)
		counting_refused(s, false);
	learning_note(s, g);
	verdict_log(s, g);
	dmarc_history_emit(s, g);
	if (!e->o.sink)
		return;
	buf_init(&out, e->o.trace ? EVIDENCE_TRACED : EVIDENCE_MAX);
	write_json(s, g, &out, now, true);
	if (out.over) {
		buf_reset(&out);
		write_json(s, g, &out, now, false);
	}
	if (out.over)
		log_warn("evidence-limit", "id=%s record over %d bytes is not written", s->t->id,
			EVIDENCE_MAX);
	else
		e->o.sink(e->o.sink_ctx, buf_view(&out));
	buf_done(&out);
}
