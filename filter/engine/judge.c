/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules are weighed anew at each decision: what was true stays true (Kleene's logic is monotone), so the last
 * weighing sees all. Nothing hangs on the order of files: rules are sorted, scores add, effects have a rank.
 */
#include "engine/deferral.h"
#include "engine/fate.h"
#include "engine/learning.h"
#include "engine/state.h"
#include "engine/wait.h"
#include "util/limits.h"

/* What a rule or threshold wants to become of the message; kind EFFECT_QUARANTINE = nothing terminal. */
struct candidate {
	enum effect_kind kind;
	size_t rule;                       /* SIZE_MAX: a threshold */
	const struct effect *effect;       /* of the rule */
	const struct threshold *threshold;
	struct view cause;
};

static const struct candidate nothing = {.kind = EFFECT_QUARANTINE, .rule = SIZE_MAX, .cause = VIEW("")};

struct weighing {
	struct session *s;
	bool final;
	struct program_eval eval;
	struct judgement *j;
	struct fired *fired;
	size_t *unknown;
	struct cut *cuts;
	const struct threshold *level[LEVEL_COUNT];
	uint8_t *off;         /* by rule; NULL = no policy switches any off */
	bool *skip_group;
	bool skip_greylist, skip_score;
	int at_most;          /* -1 = no limit */
	int32_t *group_sum;
	struct candidate wanted, act; /* the first by rank so far, and the first that at-most permits */
	const struct effect *quarantine;
	bool want_quarantine, want_tag;
};

/* ---- policies ---- */

static void
take_level(const struct threshold **have, const struct threshold *said, bool *taken)
{
	if (!said->given)
		return;
	/* Of two policies for one level the milder wins, so that their order does not matter. */
	if (*taken && (*have)->set && (said->set && said->score <= (*have)->score))
		return;
	if (*taken && !(*have)->set)
		return;
	*have = said;
	*taken = true;
}

static void
skip(struct weighing *w, bool greylist, bool score, const size_t *group, size_t n)
{
	w->skip_greylist |= greylist;
	w->skip_score |= score;
	for (size_t i = 0; i < n; i++)
		w->skip_group[group[i]] = true;
}

static void
apply_policies(struct weighing *w)
{
	const struct program *p = w->eval.program;
	bool taken[LEVEL_COUNT] = {false};

	for (size_t i = 0; i < p->n_policies; i++) {
		const struct policy *q = &p->policies[i];

		if (program_policy(&w->eval, i) != TRI_TRUE)
			continue;
		for (size_t l = 0; l < LEVEL_COUNT; l++)
			take_level(&w->level[l], &q->threshold[l], &taken[l]);
		if (q->n_disable && !w->off)
			w->off = arena_alloc(w->s->message, p->n_rules);
		for (size_t k = 0; k < q->n_disable; k++)
			w->off[q->disable[k]] = 1;
		skip(w, q->skip_greylist, q->skip_score, q->skip_group, q->n_skip_group);
		if (q->at_most >= 0 && (w->at_most < 0 || q->at_most < w->at_most))
			w->at_most = q->at_most;
	}
	/* Conditions see all rules, so that the order of policies does not matter; what they made true of
	 * rules that name one that is off now is forgotten. */
	if (w->off)
		memset(w->eval.memo, 0, p->n_rules);
	w->eval.off = w->off;
}

/* ---- rules ---- */

bool
judge_in_scope(const struct session *s, const struct rule *r)
{
	if (r->scope == SCOPE_ANY)
		return true;
	if (!s->outbound_known)
		return false;
	return (r->scope == SCOPE_OUTBOUND) == s->outbound;
}

/* Terminal effects are held until RCPT, where authentication, recipients and allow rules are known; what is
 * decided after RCPT is answered at the end, unless the effect says `at`. An accept saves at once. */
static bool
due(const struct weighing *w, const struct effect *f)
{
	enum stage now = w->s->stage;

	if (f->kind == EFFECT_GREYLIST)
		return !w->final && now == STAGE_RCPT;
	if (w->final || f->at >= 0)
		return w->final || now >= (enum stage)f->at;
	return now == STAGE_RCPT || (now > STAGE_RCPT && f->kind == EFFECT_ACCEPT);
}

/* Is it more than a policy's at-most allows? */
static bool
is_too_severe(const struct weighing *w, enum effect_kind kind)
{
	int severity = kind == EFFECT_ACCEPT ? AT_MOST_ACCEPT : kind == EFFECT_GREYLIST ? AT_MOST_GREYLIST
		: kind == EFFECT_DEFER ? AT_MOST_DEFER : AT_MOST_DEFER + 1;

	return w->at_most >= 0 && severity > w->at_most;
}

/* Of equals the rule whose name sorts first wins, and a rule goes before a threshold. */
static void
contest(struct candidate *have, const struct candidate *c)
{
	if (c->kind < have->kind || (c->kind == have->kind && c->rule < have->rule))
		*have = *c;
}

/* What at-most leaves out makes room for what it permits: a mild policy skips no greylisting. */
static void
propose(struct weighing *w, const struct candidate *c)
{
	contest(&w->wanted, c);
	if (!is_too_severe(w, c->kind))
		contest(&w->act, c);
}

static void
take_effect(struct weighing *w, size_t rule, const struct effect *f)
{
	switch (f->kind) {
	case EFFECT_SKIP:
		skip(w, f->skip_greylist, f->skip_score, f->skip_group, f->n_skip_group);
		return;
	case EFFECT_QUARANTINE:
		w->quarantine = w->quarantine ? w->quarantine : f;
		w->want_quarantine = true;
		return;
	case EFFECT_TAG:
		w->want_tag = true;
		return;
	case EFFECT_TARPIT:
		if (f->at < 0 || w->s->stage >= (enum stage)f->at)
			w->j->tarpit = f->seconds > w->j->tarpit ? f->seconds : w->j->tarpit;
		return;
	case EFFECT_ADD_HEADER: /* engine/edits.c */
		return;
	default:
		break;
	}
	if (due(w, f))
		propose(w, &(struct candidate){f->kind, rule, f, NULL, w->eval.program->rules[rule].name});
}

static void
fire(struct weighing *w, size_t i)
{
	const struct rule *r = &w->eval.program->rules[i];

	w->fired[w->j->n_fired++] = (struct fired){i, r->trial ? 0 : r->score, r->trial, false};
	if (r->trial)
		return;
	if (r->has_score) {
		w->j->score += r->score;
		if (r->group >= 0)
			w->group_sum[r->group] += r->score;
	}
	for (size_t k = 0; k < r->n_effects; k++)
		take_effect(w, i, &r->effects[k]);
}

/* The store is asked when there is something to defer, and not before. */
static bool
may(const struct weighing *w, const struct effect *f)
{
	return f->kind != EFFECT_DEFER || (due(w, f) && deferral_may_hold(w->s));
}

static void
undecided(struct weighing *w, size_t i)
{
	const struct rule *r = &w->eval.program->rules[i];

	/* Before the end only what was waited for can be called unknown; a closed session need not wait. */
	if ((!w->final && (r->stage > w->s->stage || (!r->early && !w->s->partial && !w->s->info.closed))) ||
		learning_explains(w->s, i))
		return;
	w->unknown[w->j->n_unknown++] = i;
	if (r->if_unknown && !r->trial && may(w, r->if_unknown)) {
		w->fired[w->j->n_fired++] = (struct fired){i, 0, false, true};
		take_effect(w, i, r->if_unknown);
	}
}

static void
weigh_rules(struct weighing *w, bool reading_score)
{
	const struct program *p = w->eval.program;

	for (size_t i = 0; i < p->n_rules; i++) {
		enum tri truth;

		if (p->rules[i].reads_score != reading_score || (w->off && w->off[i]) ||
			!judge_in_scope(w->s, &p->rules[i]))
			continue;
		truth = program_rule(&w->eval, i);
		if (truth == TRI_TRUE)
			fire(w, i);
		else if (truth == TRI_UNKNOWN)
			undecided(w, i);
	}
}

/* ---- the score ---- */

static void
cut(struct weighing *w, const char *why, size_t group, int32_t score)
{
	if (score == 0)
		return;
	w->cuts[w->j->n_cuts++] = (struct cut){why, group, score};
	w->j->score += score;
}

/* Groups are capped or dropped; what goes is written down, so that the parts sum to the total. */
static void
cut_groups(struct weighing *w)
{
	const struct program *p = w->eval.program;

	for (size_t g = 0; g < p->n_groups; g++) {
		int32_t sum = w->group_sum[g];

		if (w->skip_group[g])
			cut(w, "skip", g, -sum);
		else if (sum > p->groups[g].max)
			cut(w, "cap", g, p->groups[g].max - sum);
	}
	if (w->skip_score)
		cut(w, "skip", SIZE_MAX, -w->j->score);
}

static bool
reached(const struct weighing *w, enum level l)
{
	return w->level[l]->set && w->j->score >= w->level[l]->score;
}

static void
by_threshold(struct weighing *w, enum level l, enum effect_kind kind, const char *cause)
{
	if (reached(w, l))
		propose(w, &(struct candidate){kind, SIZE_MAX, NULL, w->level[l], view_str(cause)});
}

static void
apply_thresholds(struct weighing *w)
{
	if (w->final) {
		by_threshold(w, LEVEL_REJECT, EFFECT_REJECT, "threshold reject");
		w->want_quarantine |= reached(w, LEVEL_QUARANTINE);
		w->want_tag |= reached(w, LEVEL_TAG);
	} else if (w->s->stage == STAGE_RCPT) {
		by_threshold(w, LEVEL_EARLY_REJECT, EFFECT_REJECT, "threshold early-reject");
		by_threshold(w, LEVEL_GREYLIST, EFFECT_GREYLIST, "threshold greylist");
	}
}

/* ---- the verdict ---- */

static const struct {
	enum verdict_kind kind;
	int code;
	const char *text;
} outcomes[] = {
	[EFFECT_REJECT_ALWAYS] = {VERDICT_REJECT, 554, "message refused by local policy"},
	[EFFECT_ACCEPT] = {VERDICT_ACCEPT, 0, NULL},
	[EFFECT_REJECT] = {VERDICT_REJECT, 554, "message refused by local policy"},
	[EFFECT_DISCARD] = {VERDICT_DISCARD, 0, NULL},
	[EFFECT_DEFER] = {VERDICT_DEFER, 451, "not now, please try again later"},
	[EFFECT_GREYLIST] = {VERDICT_GREYLIST, 451, "greylisted, please try again later"},
};

static struct view
fill(struct weighing *w, struct view text)
{
	struct program_names names = {w->act.cause, w->s->t->queue_id, w->j->score};

	return program_text(&w->eval, text, &names, REPLY_TEXT_MAX, w->s->message);
}

static void
make_reply(struct weighing *w, struct view fallback)
{
	struct arena *a = w->s->message;
	const struct effect *f = w->act.effect;
	struct view text = f ? f->reply.text : w->act.threshold->text;
	int code = f ? f->reply.code : 0;
	struct view enhanced = f ? f->reply.enhanced : (struct view){0};

	if (!text.p && !f && w->act.kind == EFFECT_REJECT)
		fallback = VIEW("spam score {score}");
	text = fill(w, text.p ? text : fallback);
	text = arena_printf(a, "%.*s [%s]", VIEW_ARG(text), w->s->t->id);
	w->j->reply = smtp_reply_make(code, outcomes[w->act.kind].code, enhanced, text, a);
}

/* The verdict becomes "tagged", and says what it would have been. */
static void
soften(struct weighing *w, const char *why, struct view cause)
{
	struct judgement *j = w->j;

	j->cause = arena_printf(w->s->message, "%s (%.*s)", why,
		VIEW_ARG(cause.n ? cause : VIEW("quarantine")));
	j->kind = w->final ? VERDICT_ACCEPT : VERDICT_NONE;
	j->reply = (struct smtp_reply){0};
	j->effect = NULL;
	j->tagged = true;
}

/* Nothing terminal acts. */
static void
pass(struct weighing *w)
{
	struct judgement *j = w->j;

	j->kind = w->final ? VERDICT_ACCEPT : VERDICT_NONE;
	j->tagged = w->final && w->want_tag;
	if (w->wanted.kind < EFFECT_QUARANTINE || !w->final || !w->want_quarantine)
		return;
	j->kind = VERDICT_QUARANTINE;
	j->reason = w->quarantine && w->quarantine->reply.text.p
		? fill(w, w->quarantine->reply.text)
		: arena_printf(w->s->message, "quarantined by policy [%s]", w->s->t->id);
}

static void
act(struct weighing *w, int64_t left)
{
	const struct candidate *c = &w->act;

	w->j->kind = outcomes[c->kind].kind;
	w->j->cause = c->cause;
	if (outcomes[c->kind].code)
		make_reply(w, c->kind == EFFECT_GREYLIST ? wait_text(w->s, left)
							 : view_str(outcomes[c->kind].text));
}

/* The threshold that the verdict rests on: reached, and not only said. */
static const struct threshold *
decisive(const struct weighing *w)
{
	if (w->act.kind < EFFECT_QUARANTINE)
		return w->act.threshold;
	if (w->wanted.kind < EFFECT_QUARANTINE)
		return w->wanted.threshold;
	if (w->final && w->want_quarantine)
		return w->quarantine ? NULL : w->level[LEVEL_QUARANTINE];
	return w->j->tagged && reached(w, LEVEL_TAG) ? w->level[LEVEL_TAG] : NULL;
}

/* Refusing the mail of our own relay would make it write a bounce to a forged sender: that is tagged too. */
static void
conclude(struct weighing *w)
{
	struct judgement *j = w->j;
	int64_t left = 0;

	if (w->act.kind == EFFECT_GREYLIST &&
		(w->skip_greylist || (left = wait_left(w->s, w->act.effect, &j->open)) == 0)) {
		if (w->wanted.kind == EFFECT_GREYLIST)
			w->wanted = nothing;
		w->act = nothing; /* nothing terminal is left: greylist ranks last */
	}
	j->stage = w->final ? STAGE_END : w->s->stage;
	j->rule = w->act.kind < EFFECT_QUARANTINE ? w->act.rule : w->wanted.rule;
	j->effect = w->act.effect;
	if (w->act.kind < EFFECT_QUARANTINE)
		act(w, left);
	else
		pass(w);
	j->spared = is_too_severe(w, w->wanted.kind < EFFECT_QUARANTINE ? w->wanted.kind : EFFECT_ACCEPT) ||
		(j->kind == VERDICT_QUARANTINE && is_too_severe(w, EFFECT_QUARANTINE));
	if (j->spared && !fate_refuses(j->kind))
		soften(w, "at-most", w->wanted.cause);
	else if (w->s->relayed && fate_refuses(j->kind))
		soften(w, "trusted relay", w->act.cause);
	j->tagged &= w->at_most != AT_MOST_ACCEPT;
	j->threshold = decisive(w);
}

/* ---- truth is worked out once for all recipients ---- */

/* At the end, a rule that does not read the recipient has the same truth for all of them, unless a
 * policy switches rules off for one: its regexes need not run again. */
static void
share_truth(struct weighing *w, bool back)
{
	struct transaction *t = w->s->t;
	const struct program *p = w->eval.program;

	if (!w->final || w->off)
		return;
	for (size_t i = 0; i < p->n_rules; i++) {
		if (p->rules[i].per_rcpt || p->rules[i].reads_score)
			continue;
		if (back)
			t->truth[i] = w->eval.memo[i];
		else
			w->eval.memo[i] = t->truth[i];
	}
}

static void
begin(struct weighing *w, struct session *s, bool final)
{
	const struct program *p = s->e->program;
	struct transaction *t = s->t;
	struct arena *a = s->message;

	*w = (struct weighing){.s = s, .final = final, .at_most = -1, .wanted = nothing, .act = nothing};
	w->j = arena_new_of(a, struct judgement);
	w->j->cause = VIEW("");
	w->eval = (struct program_eval){.program = p, .fact = values_seen, .ctx = s, .memo = t->scratch,
		.found = t->found};
	if (!t->scrap.values)
		t->scrap.values = arena_array(a, p->n_slots + 1, sizeof(*t->scrap.values));
	for (size_t i = 0; i < p->n_slots; i++)
		t->scrap.values[i] = values_seen(s, i);
	w->eval.values = t->scrap.values;
	if (p->n_rules)
		memset(t->scratch, 0, p->n_rules);
	for (size_t l = 0; l < LEVEL_COUNT; l++)
		w->level[l] = &p->threshold[l];
	if (!t->scrap.fired) {
		t->scrap.fired = arena_array(a, p->n_rules + 1, sizeof(*w->fired));
		t->scrap.unknown = arena_array(a, p->n_rules + 1, sizeof(*w->unknown));
		t->scrap.cuts = arena_array(a, p->n_groups + 1, sizeof(*w->cuts));
		t->scrap.group_sum = arena_array(a, p->n_groups + 1, sizeof(*w->group_sum));
		t->scrap.skip_group = arena_array(a, p->n_groups + 1, sizeof(*w->skip_group));
	}
	w->fired = t->scrap.fired;
	w->unknown = t->scrap.unknown;
	w->cuts = t->scrap.cuts;
	w->group_sum = t->scrap.group_sum;
	w->skip_group = t->scrap.skip_group;
	memset(w->group_sum, 0, p->n_groups * sizeof(*w->group_sum));
	memset(w->skip_group, 0, p->n_groups * sizeof(*w->skip_group));
}

const struct judgement *
judge(struct session *s, bool final)
{
	struct weighing w;

	begin(&w, s, final);
	if (s->t->current < s->t->n_rcpt)
		apply_policies(&w);
	share_truth(&w, false);
	weigh_rules(&w, false);
	cut_groups(&w);
	apply_thresholds(&w);
	if (final) {
		if (s->e->score != SIZE_MAX)
			*values_at(s, s->e->score) = fact_number(w.j->score);
		weigh_rules(&w, true);
	}
	share_truth(&w, true);
	w.j->skips_greylist = w.skip_greylist;
	w.j->off = w.off;
	w.j->has_tag_at = w.level[LEVEL_TAG]->set;
	w.j->tag_at = w.level[LEVEL_TAG]->score;
	if (reached(&w, LEVEL_TAG))
		w.j->tag_level_text = w.level[LEVEL_TAG]->text;
	conclude(&w);
	judgement_keep(w.j, w.fired, w.unknown, w.cuts, s->message);
	return w.j;
}
