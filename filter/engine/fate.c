/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A message has one fate, whatever its recipients' verdicts: the mildest of them answers SMTP, and it is
 * tagged if any is stricter. A recipient whose verdict is "discard" is taken out. One whom an at-most
 * clause spared has no vote while there are others: postmaster beside a victim must not save spam.
 */
#include "engine/fate.h"

#include "engine/state.h"

bool
fate_refuses(enum verdict_kind k)
{
	return k == VERDICT_REJECT || k == VERDICT_DEFER || k == VERDICT_GREYLIST;
}

/* Mildest first. */
static int
severity(enum verdict_kind k)
{
	static const int rank[] = {[VERDICT_NONE] = 0, [VERDICT_ACCEPT] = 0, [VERDICT_QUARANTINE] = 1,
		[VERDICT_GREYLIST] = 2, [VERDICT_DEFER] = 3, [VERDICT_REJECT] = 4, [VERDICT_DISCARD] = 5};

	return rank[k];
}

/* Was this decided by a rule's `accept`, which outranks an earlier discard? */
static bool
is_granted(const struct judgement *j)
{
	return j->kind == VERDICT_ACCEPT && j->effect && j->effect->kind == EFFECT_ACCEPT;
}

static void
judge_recipient(struct session *s, size_t i)
{
	struct recipient *r = &s->t->rcpt[i];
	struct judgement before = r->judged;
	bool dry = s->e->o.settings->dry_run;

	s->t->current = i;
	r->judged = *judge(s, true);
	/* A discard at RCPT stands, with its rule. In a dry run a refusal at RCPT was not carried out; it is
	 * still what would have happened. */
	if ((before.kind == VERDICT_DISCARD && !is_granted(&r->judged)) || (dry && fate_refuses(before.kind)))
		r->judged = before;
}

/* Judges every recipient, or once for all when no rule tells them apart. */
static void
judge_all(struct session *s)
{
	struct transaction *t = s->t;
	bool one = !s->e->program->any_per_rcpt && !s->e->program->n_policies && !s->e->holds &&
		!s->e->o.settings->dry_run;
	size_t shared = SIZE_MAX;

	for (size_t i = 0; i < t->n_rcpt; i++) {
		bool apart = !one || t->rcpt[i].judged.kind == VERDICT_DISCARD;

		if (!apart && shared != SIZE_MAX) {
			t->rcpt[i].judged = t->rcpt[shared].judged;
			continue;
		}
		judge_recipient(s, i);
		if (!apart)
			shared = i;
	}
}

/* The recipient whose verdict answers for the message. */
static size_t
mildest(const struct transaction *t)
{
	bool voters = false;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < t->n_rcpt; i++)
		voters |= !t->rcpt[i].judged.spared && t->rcpt[i].judged.kind != VERDICT_DISCARD;
	for (size_t i = 0; i < t->n_rcpt; i++) {
		const struct judgement *j = &t->rcpt[i].judged;

		if (voters && j->spared)
			continue;
		if (best == SIZE_MAX || severity(j->kind) < severity(t->rcpt[best].judged.kind))
			best = i;
	}
	return best;
}

struct judgement
fate(struct session *s)
{
	struct transaction *t = s->t;
	struct judgement j;

	if (t->n_rcpt == 0)
		return *judge(s, true);
	judge_all(s);
	t->current = mildest(t);
	j = t->rcpt[t->current].judged;
	for (size_t i = 0; i < t->n_rcpt; i++) {
		struct recipient *r = &t->rcpt[i];

		r->dropped = r->judged.kind == VERDICT_DISCARD;
		j.tagged |= !r->dropped && (r->judged.tagged ||
			severity(r->judged.kind) > severity(j.kind));
	}
	j.tagged &= j.kind == VERDICT_ACCEPT || j.kind == VERDICT_QUARANTINE;
	return j;
}

const struct judgement *
fate_early(struct session *s)
{
	struct transaction *t = s->t;
	const struct judgement *mild = NULL, *j;

	if (t->n_rcpt == 0)
		return judge(s, false);
	for (size_t i = 0; i < t->n_rcpt; i++) {
		if (t->rcpt[i].judged.kind == VERDICT_DISCARD)
			continue;
		t->current = i;
		j = judge(s, false);
		if (!mild || severity(j->kind) < severity(mild->kind))
			mild = j;
	}
	t->current = SIZE_MAX;
	return mild;
}
