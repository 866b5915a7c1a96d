/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A message has one fate, whatever its recipients' verdicts: the mildest of them answers SMTP, and it is
 * tagged if any is stricter. A recipient whose verdict is "discard" is taken out.
 */
#include "engine/state.h"

bool
fate_refuses(enum verdict_kind k)
{
	return k == VERDICT_REJECT || k == VERDICT_DEFER || k == VERDICT_GREYLIST;
}

/* Mildest first: a message has one fate, and it is the mildest of its recipients'. */
static int
severity(enum verdict_kind k)
{
	static const int rank[] = {[VERDICT_NONE] = 0, [VERDICT_ACCEPT] = 0, [VERDICT_QUARANTINE] = 1,
		[VERDICT_GREYLIST] = 2, [VERDICT_DEFER] = 3, [VERDICT_REJECT] = 4, [VERDICT_DISCARD] = 5};

	return rank[k];
}

static void
judge_recipient(struct session *s, size_t i, int64_t deadline)
{
	struct transaction *t = s->t;
	struct recipient *r = &t->rcpt[i];
	struct judgement before = r->judged;

	t->current = i;
	gather_wait(s, false, deadline);
	r->judged = *judge(s, true);
	/* In a dry run the refusal at RCPT was not carried out; it is still what would have happened. */
	if (s->e->o.settings->dry_run && fate_refuses(before.kind))
		r->judged = before;
	if (r->dropped)
		r->judged.kind = VERDICT_DISCARD;
}

/* Judges every recipient, or once when no rule tells them apart; the index of the mildest. */
static size_t
judge_all(struct session *s, int64_t deadline)
{
	struct transaction *t = s->t;
	bool one = !s->e->program->any_per_rcpt && !s->e->program->n_policies;
	size_t best = 0;

	for (size_t i = 0; i < t->n_rcpt; i++) {
		bool dropped = t->rcpt[i].dropped;

		if (!one || i == 0 || dropped || s->e->o.settings->dry_run)
			judge_recipient(s, i, deadline);
		else
			t->rcpt[i].judged = t->rcpt[0].judged;
		if (severity(t->rcpt[i].judged.kind) < severity(t->rcpt[best].judged.kind))
			best = i;
	}
	t->current = best;
	return best;
}

struct judgement
fate(struct session *s, int64_t deadline)
{
	struct transaction *t = s->t;
	struct judgement j;

	if (t->n_rcpt == 0)
		return *judge(s, true);
	j = t->rcpt[judge_all(s, deadline)].judged;
	for (size_t i = 0; i < t->n_rcpt; i++) {
		struct recipient *r = &t->rcpt[i];

		r->dropped = r->judged.kind == VERDICT_DISCARD;
		j.tagged |= !r->dropped && (r->judged.tagged ||
			severity(r->judged.kind) > severity(j.kind));
	}
	return j;
}
