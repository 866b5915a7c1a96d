/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/learning.h"

#include "engine/standing.h"
#include "engine/state.h"
#include "policy/rule/rule_reads.h"
#include "util/clock.h"

struct learning {
	bool reads[STANDING_KINDS]; /* a rule reads the reputation of these */
	size_t organisation, domains; /* slots; SIZE_MAX = none */
	int32_t ham_at, spam_at, mark_at;
};

static const char *const facts[STANDING_KINDS] = {"reputation.address", "reputation.network",
	"reputation.organisation", "reputation.dkim"};

static size_t
slot_of(const struct program *p, const char *name)
{
	return program_slot(p, view_str(name), (struct view){NULL, 0});
}

static const size_t *
slots_of(const struct program *p, size_t rule, struct arena *a, struct arena *scratch)
{
	struct rule_reads reads = rule_reads_of(p, rule, scratch);
	size_t n = 0, *slot;

	for (size_t i = 0; i < p->n_slots; i++)
		n += reads.slot[i];
	slot = arena_array(a, n + 1, sizeof(*slot));
	n = 0;
	for (size_t i = 0; i < p->n_slots; i++)
		if (reads.slot[i])
			slot[n++] = i;
	slot[n] = SIZE_MAX;
	arena_reset(scratch);
	return slot;
}

const size_t *const *
learning_reputed(const struct program *p, struct arena *a)
{
	struct arena *scratch = arena_new();
	bool *slots = arena_array(a, p->n_slots + 1, sizeof(*slots));
	bool *rules = arena_array(a, p->n_rules + 1, sizeof(*rules));
	const size_t **reputed = arena_array(a, p->n_rules + 1, sizeof(*reputed));

	for (size_t k = 0; k < STANDING_KINDS; k++) {
		size_t slot = slot_of(p, facts[k]);

		if (slot != SIZE_MAX)
			slots[slot] = true;
	}
	rule_reads_mark(p, slots, scratch, rules);
	for (size_t i = 0; i < p->n_rules; i++)
		reputed[i] = rules[i] ? slots_of(p, i, a, scratch) : NULL;
	arena_free(scratch);
	return reputed;
}

struct learning *
learning_new(const struct engine *e, struct arena *a)
{
	const struct program *p = e->program;
	const struct settings *o = e->o.settings;
	const struct threshold *refuse = &p->threshold[LEVEL_REJECT], *tag = &p->threshold[LEVEL_TAG];
	struct learning *l = arena_new_of(a, struct learning);
	bool any = false;

	for (size_t k = 0; k < STANDING_KINDS; k++) {
		size_t slot = slot_of(p, facts[k]);

		l->reads[k] = slot != SIZE_MAX && e->inbound[slot];
		any |= l->reads[k];
	}
	l->ham_at = o->reputation_ham_score;
	l->spam_at = o->reputation_spam_score ? o->reputation_spam_score : refuse->set ? refuse->score : 0;
	l->mark_at = tag->set && tag->score < l->spam_at ? tag->score : l->spam_at;
	if (!o->reputation_learn || !e->o.store || !any || p->n_rules == 0 || l->spam_at <= l->ham_at)
		return NULL;
	l->organisation = slot_of(p, "client.organisation");
	l->domains = slot_of(p, "dkim.domain");
	return l;
}

bool
learning_explains(struct session *s, size_t rule)
{
	bool few = false;

	for (const size_t *i = s->e->reputed[rule]; i && *i != SIZE_MAX; i++) {
		const struct fact_value *v = values_at(s, *i);

		if (v->state == FACT_PENDING || (v->state == FACT_UNKNOWN && !v->few))
			return false;
		few |= v->state == FACT_UNKNOWN;
	}
	return few;
}

/* ---- what a message teaches ---- */

enum outlook { AS_IT_IS, AT_WORST, AT_BEST }; /* whatever unknown rules had said */

static void
add(const struct session *s, size_t rule, int32_t *sum, int32_t *group)
{
	const struct rule *r = &s->e->program->rules[rule];

	if (r->trial || !r->has_score || s->e->reputed[rule])
		return;
	*sum += r->score;
	if (r->group >= 0)
		group[r->group] += r->score;
}

static int32_t
score(const struct session *s, const struct judgement *j, enum outlook outlook)
{
	const struct program *p = s->e->program;
	int32_t sum = 0, *group = arena_array(s->message, p->n_groups + 1, sizeof(*group));

	for (size_t i = 0; i < j->n_fired; i++)
		if (!j->fired[i].by_unknown)
			add(s, j->fired[i].rule, &sum, group);
	for (size_t i = 0; outlook != AS_IT_IS && i < j->n_unknown; i++)
		if ((p->rules[j->unknown[i]].score > 0) == (outlook == AT_WORST))
			add(s, j->unknown[i], &sum, group);
	for (size_t g = 0; g < p->n_groups; g++)
		if (group[g] > p->groups[g].max)
			sum -= group[g] - p->groups[g].max;
	return sum;
}

static bool
is_skipped(const struct judgement *j)
{
	for (size_t i = 0; i < j->n_cuts; i++)
		if (strcmp(j->cuts[i].why, "skip") == 0)
			return true;
	return false;
}

/* The score decides, and not a rule that accepts or refuses for a reason of its own. */
static bool
is_by_score(const struct session *s, const struct judgement *j)
{
	if (j->rule != SIZE_MAX)
		return s->e->reputed[j->rule];
	return j->threshold || j->kind == VERDICT_ACCEPT || j->kind == VERDICT_NONE;
}

static bool
is_accepted(const struct session *s, const struct judgement *j)
{
	return j->rule != SIZE_MAX && j->effect && j->effect->kind == EFFECT_ACCEPT &&
		!s->e->reputed[j->rule];
}

static bool
is_ham(const struct session *s, const struct judgement *j)
{
	const struct learning *l = s->e->learning;

	return j->stage == STAGE_END && (is_by_score(s, j) || is_accepted(s, j)) &&
		score(s, j, AS_IT_IS) <= l->ham_at && score(s, j, AT_WORST) < l->mark_at;
}

/* What is spared for its recipient may be a complaint about spam. */
static bool
is_spam(const struct session *s, const struct judgement *j)
{
	return !is_accepted(s, j) && !j->spared && score(s, j, AT_BEST) >= s->e->learning->spam_at;
}

/* ---- whom it teaches about ---- */

static const struct fact_value *
needed(struct session *s, enum standing_kind k, size_t slot)
{
	static const struct fact_value none = {.state = FACT_MISSING};

	return s->e->learning->reads[k] && slot != SIZE_MAX ? values_at(s, slot) : &none;
}

static struct standing_names
shared_names(struct session *s)
{
	const struct learning *l = s->e->learning;
	struct standing_names names = {.n = 0};
	const struct fact_value *v;

	if (l->reads[STANDING_NETWORK])
		standing_names_network(&names, s->t->client.ip, s->message);
	v = needed(s, STANDING_ORGANISATION, l->organisation);
	if (v->state == FACT_KNOWN)
		standing_names_organisation(&names, v->text, s->message);
	v = needed(s, STANDING_DKIM, l->domains);
	if (v->state == FACT_KNOWN)
		standing_names_dkim(&names, v->list.item, v->list.n, s->message);
	return names;
}

static void
count(struct session *s, const struct standing_names *names, int64_t now, enum standing_mail m,
	struct store_result *result)
{
	struct store_request request[STANDING_NAMES_MAX];

	for (size_t i = 0; i < names->n; i++)
		request[i] = standing_count(names->item[i].key, now, m, 1);
	if (names->n)
		store_do(s->e->o.store, request, names->n, s->message, result);
}

/* The address first: what it sent today says whether it still counts for what it shares with others. */
static void
teach(struct session *s, enum standing_mail m)
{
	int64_t now = s->e->o.settings->now >= 0 ? s->e->o.settings->now : clock_wall();
	struct standing_names names = {.n = 0};
	struct store_result result[STANDING_NAMES_MAX];

	s->t->taught = true;
	standing_names_address(&names, s->t->client.ip, s->message);
	count(s, &names, now, m, result);
	if (result[0].status != STORE_FOUND ||
		standing_of(result[0].value, now, 0).today > STANDING_SHARED_MAX)
		return;
	names = shared_names(s);
	count(s, &names, now, m, result);
}

void
learning_note(struct session *s, const struct judgement *j)
{
	if (!s->e->learning || s->t->taught || s->partial || !s->t->client.ip || !s->outbound_known ||
		s->outbound || j->kind == VERDICT_DEFER || j->kind == VERDICT_GREYLIST || is_skipped(j))
		return;
	if (is_spam(s, j))
		teach(s, STANDING_SPAM);
	else if (is_ham(s, j))
		teach(s, STANDING_HAM);
}
